import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { renderCommandPages } from './command-pages.ts'

const folder = new URL('../../docs/commands/', import.meta.url)
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
for (const [name, text] of await renderCommandPages()) writeFileSync(new URL(name, folder), text)
