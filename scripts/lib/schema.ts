import { writeFileSync } from 'node:fs'
import { renderSchemas } from '../../src/profile/schema/render.ts'

for (const [name, text] of Object.entries(renderSchemas())) {
  writeFileSync(new URL(`../../configs/schema/${name}`, import.meta.url), text)
}
