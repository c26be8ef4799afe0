import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import type { Problem } from '../problem.ts'
import { centreFile } from '../types.ts'
import { decodeText } from './decode.ts'
import { locateFaults } from './locate.ts'
import { parseYaml } from './parse.ts'
import { readBounded, systemFault } from './read.ts'
import { type SourceFile, sourceFile } from './source-file.ts'

export interface Folder {
  files: SourceFile[]
  problems: Problem[]
}

/** centre.yaml and sites/*.yaml, as far as they can be read. */
export async function readFolder(dir: string): Promise<Folder> {
  await expectCentre(dir)
  const sites = await siteNames(dir)
  const folder: Folder = { files: [], problems: sites.problems }
  for (const file of [centreFile, ...sites.files]) {
    const { files, problems } = await readYaml(dir, file)
    folder.files.push(...files)
    folder.problems.push(...problems)
  }
  return folder
}

const largestYaml = 512 * 1024

/** Without a centre.yaml this is no configuration at all, whatever else the folder holds. */
async function expectCentre(dir: string): Promise<void> {
  const names = await namesIn(dir).catch((error: unknown) => {
    throw new DynfarmError(
      'config-missing',
      `configuration folder "${dir}" ${systemFault(error).what}`,
    )
  })
  if (names.includes(centreFile)) return
  throw new DynfarmError('config-missing', `no "${centreFile}" in "${dir}"`)
}

async function siteNames(dir: string): Promise<{ files: string[]; problems: Problem[] }> {
  try {
    const names = await namesIn(join(dir, 'sites'))
    const visible = names.filter((name) => !name.startsWith('.')).map((name) => `sites/${name}`)
    return {
      files: visible.filter((file) => file.endsWith('.yaml')),
      problems: visible.filter((file) => /\.(yml|ya?ml)$/i.test(file)).flatMap(misnamed),
    }
  } catch (error) {
    if (isMissing(error)) return { files: [], problems: [] }
    return { files: [], problems: [{ file: 'sites', where: '', ...systemFault(error) }] }
  }
}

function misnamed(file: string): Problem[] {
  if (file.endsWith('.yaml')) return []
  const hint = `name it "${file.replace(/\.[^.]*$/, '.yaml')}"`
  return [{ file, where: '', what: 'only files that end in ".yaml" are read', hint }]
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

async function namesIn(dir: string): Promise<string[]> {
  return (await readdir(dir)).sort()
}

async function readYaml(dir: string, file: string): Promise<Folder> {
  const reading = await readBounded(join(dir, file), largestYaml)
  if ('fault' in reading) return { files: [], problems: [{ file, where: '', ...reading.fault }] }
  const { text, fault } = decodeText(reading.content)
  const { tree, faults } =
    fault === undefined ? parseYaml(text) : { faults: [fault], tree: undefined }
  const source = sourceFile(file, text, tree)
  return { files: [source], problems: locateFaults(source, faults) }
}
