import { join } from 'node:path'
import { _, type Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import type { Plugin } from 'esbuild'
import * as profile from '../../src/profile/load/ajv.ts'
import * as protocol from '../../src/protocol/ajv.ts'
import { namedSchemas } from '../../src/protocol/named-schemas.ts'

/** Puts validators that ajv compiles now in the place of those that it would compile at every start. */
export const precompiledValidators: Plugin = {
  name: 'precompiled-validators',
  setup(build) {
    for (const [filter, compile] of places)
      build.onLoad({ filter }, ({ path }) => ({
        contents: compile(),
        loader: 'js',
        resolveDir: join(path, '..'),
      }))
  },
}

const places: readonly [RegExp, () => string][] = [
  [/src\/profile\/load\/compiled\.ts$/, compileProfile],
  [/src\/protocol\/compiled\.ts$/, compileProtocol],
]

function compileProfile(): string {
  const formats = _`require('../formats.ts').formatTests`
  return compile(
    profile.newAjv({ source: true, esm: true, formats }),
    Object.entries(profile.schemas),
  )
}

/** Messages are known by the object that is their schema. */
function compileProtocol(): string {
  const formats = _`require('./formats.ts').formats`
  const named = [...namedSchemas()]
  const ajv = protocol.newAjv({ source: true, esm: true, formats })
  const validators = compile(
    ajv,
    named.map(([schema, name]) => [name, protocol.opened(schema) as object]),
  )
  const table = named.map(([, name]) => `${name}: ${name}`).join(', ')
  return `${validators}
import { namedSchemas } from './named-schemas.ts'
const validators = { ${table} }
const names = namedSchemas()
export function validatorOf(schema) {
  const name = names.get(schema)
  if (name === undefined) throw new Error('this schema was not compiled with the build')
  return validators[name]
}
`
}

function compile(ajv: Ajv, schemas: readonly (readonly [string, object])[]): string {
  for (const [name, schema] of schemas) ajv.addSchema(schema, name)
  return standalone.default(ajv, Object.fromEntries(schemas.map(([name]) => [name, name])))
}
