import { _ } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { compilable, newAjv } from '../src/profile/load/compile.ts'
import { centreSchema } from '../src/profile/schema/centre.ts'
import { siteSchema } from '../src/profile/schema/site.ts'

/**
 * src/profile/load/validators.ts compiled beforehand: a module with the same exports that needs no ajv. It goes
 * in that file's place in a bundle; `formats` is where src/profile/formats.ts is, seen from there.
 */
export function renderValidators(formats: string): string {
  const ajv = newAjv({ source: true, esm: true, formats: _`formatTests` })
  ajv.addSchema({ ...compilable(centreSchema), $id: 'centre' })
  ajv.addSchema({ ...compilable(siteSchema), $id: 'site' })
  const code = standalone.default(ajv, { centre: 'centre', site: 'site' })
  return [
    `import { formatTests } from ${JSON.stringify(formats)}`,
    code.replace(
      /require\("ajv\/dist\/runtime\/ucs2length"\)\.default/g,
      '((text) => [...text].length)',
    ),
    'export const validateCentre = (value) => (centre(value) ? [] : centre.errors)',
    'export const validateSite = (value) => (site(value) ? [] : site.errors)',
  ].join('\n')
}
