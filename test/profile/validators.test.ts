import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderValidators } from '../../scripts/validators.ts'
import { parseYaml } from '../../src/profile/load/parse.ts'
import { shape } from '../../src/profile/load/shape.ts'
import * as compiledOnUse from '../../src/profile/load/validators.ts'
import { parseCases, withConfiguration } from './cases.ts'

const brokenFolder = join(import.meta.dirname, 'broken')
const formats = join(import.meta.dirname, '../../src/profile/formats.ts')

describe('the validators of a build', () => {
  const text = renderValidators(formats)
  let folder = ''
  let compiledBefore: typeof compiledOnUse

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dynfarm-validators-'))
    await writeFile(join(folder, 'validators.mjs'), text)
    compiledBefore = await import(join(folder, 'validators.mjs'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('need no ajv', () => {
    expect(text.match(/^import .*|require\(.*/gm)).toHaveLength(1)
  })

  it.each(readdirSync(brokenFolder))('find what those of the sources find: %s', async (file) => {
    for (const { edits } of parseCases(readFileSync(join(brokenFolder, file), 'utf8'))) {
      await withConfiguration(edits, async (dir) => {
        const centre = readFileSync(join(dir, 'centre.yaml'), 'utf8')
        const site = readFileSync(join(dir, 'sites/aruba.yaml'), 'utf8')
        expectSame(centre, compiledBefore.validateCentre, compiledOnUse.validateCentre)
        expectSame(site, compiledBefore.validateSite, compiledOnUse.validateSite)
      })
    }
  })
})

function expectSame(
  text: string,
  before: compiledOnUse.Validator,
  onUse: compiledOnUse.Validator,
): void {
  const { tree } = parseYaml(text)
  if (tree !== undefined) expect(shape(tree, text, before)).toEqual(shape(tree, text, onUse))
}
