import { join } from 'node:path'
import { _ } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import type { Plugin } from 'esbuild'
import { newAjv, schemas } from '../../src/profile/load/ajv.ts'

/** Puts validators that ajv compiles now in the place of those that it would compile at every start. */
export const precompiledValidators: Plugin = {
  name: 'precompiled-validators',
  setup(build) {
    build.onLoad({ filter: /src\/profile\/load\/compiled\.ts$/ }, ({ path }) => ({
      contents: compile(),
      loader: 'js',
      resolveDir: join(path, '..'),
    }))
  },
}

function compile(): string {
  const ajv = newAjv({ source: true, esm: true, formats: _`require('../formats.ts').formatTests` })
  for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(schema, name)
  return standalone.default(
    ajv,
    Object.fromEntries(Object.keys(schemas).map((name) => [name, name])),
  )
}
