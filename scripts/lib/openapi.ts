import { writeFileSync } from 'node:fs'
import { renderOpenApi } from '../../src/protocol/openapi.ts'

writeFileSync(new URL('../../docs/openapi.json', import.meta.url), renderOpenApi())
