import { centreSchema } from './centre.ts'
import { joinSchema } from './join.ts'
import { siteSchema } from './site.ts'

/** The schemas as an editor reads them, by the names that `# yaml-language-server: $schema=` lines use. */
export function renderSchemas(): Record<string, string> {
  return {
    'centre.schema.json': rendered(centreSchema),
    'join.schema.json': rendered(joinSchema),
    'site.schema.json': rendered(siteSchema),
  }
}

function rendered(schema: object): string {
  const dialect = { $schema: 'http://json-schema.org/draft-07/schema#' }
  return `${JSON.stringify({ ...dialect, ...schema }, null, 2)}\n`
}
