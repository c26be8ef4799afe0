import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type Draft, entriesOf, itemsOf, layersOf } from '../draft.ts'
import type { Fault } from '../formats.ts'
import { centreFile, type Path } from '../types.ts'
import { type Reading, readBounded, systemFault } from './read.ts'

/** A file that the configuration names, and what for. */
export interface Reference {
  file: string
  path: Path
  /** As it is written: relative to the configuration folder. */
  source: string
  use: 'template' | 'verbatim' | 'public key' | 'private key' | 'certificate'
  isSecret: boolean
}

export function referencesOf(draft: Draft): Reference[] {
  return [
    ...customFiles(draft),
    ...adminKeys(draft),
    ...certificates(draft),
    ...serverCertificate(draft),
  ]
}

/** What each of them holds, by its path; read once, however often it is named. */
export async function readSources(
  dir: string,
  references: readonly Reference[],
): Promise<Map<string, Reading>> {
  const sources = [...new Set(references.map(({ source }) => source))]
  const readings = new Map<string, Reading>()
  let room = largestTogether
  for (const source of sources) {
    const reading = await readInside(dir, source)
    const size = 'content' in reading ? reading.content.length : 0
    readings.set(source, size > room ? { fault: tooMuch } : reading)
    if (size <= room) room -= size
  }
  return readings
}

const largestSource = 4 * 1024 * 1024
const largestTogether = 64 * 1024 * 1024

const tooMuch: Fault = {
  what: 'is too much: with those before it, the files named here are larger than 64 MiB',
}
const outside: Fault = { what: 'leads out of the configuration folder' }

async function readInside(dir: string, source: string): Promise<Reading> {
  try {
    const [root, path] = [await realpath(dir), await realpath(join(dir, source))]
    const isInside = path.startsWith(root.endsWith(sep) ? root : root + sep)
    return isInside ? await readBounded(path, largestSource) : { fault: outside }
  } catch (error) {
    return { fault: systemFault(error) }
  }
}

function customFiles(draft: Draft): Reference[] {
  return layersOf(draft).flatMap(({ file, path, layer }) =>
    itemsOf(layer.files).flatMap(([i, { source, template, secret }]) => {
      const place = { file, path: [...path, 'files', i, 'source'], isSecret: secret === true }
      const use = template === false ? ('verbatim' as const) : ('template' as const)
      return source === undefined ? [] : [{ ...place, source, use }]
    }),
  )
}

function adminKeys({ centre }: Draft): Reference[] {
  return entriesOf(centre.admins).flatMap(([name, { key }]) => {
    const place = { file: centreFile, path: ['admins', name, 'key'], isSecret: false }
    return key === undefined ? [] : [{ ...place, source: key, use: 'public key' as const }]
  })
}

function certificates({ sites }: Draft): Reference[] {
  return sites.flatMap(({ file, site }) => {
    const source = site.identity?.ec2?.certificate
    const place = { file, path: ['identity', 'ec2', 'certificate'], isSecret: false }
    return source === undefined ? [] : [{ ...place, source, use: 'certificate' as const }]
  })
}

function serverCertificate({ centre }: Draft): Reference[] {
  const { chain, key } = centre.server?.certificate ?? {}
  const place = (part: string) => ({ file: centreFile, path: ['server', 'certificate', part] })
  return [
    ...(chain === undefined
      ? []
      : [{ ...place('chain'), source: chain, use: 'certificate' as const, isSecret: false }]),
    ...(key === undefined
      ? []
      : [{ ...place('key'), source: key, use: 'private key' as const, isSecret: true }]),
  ]
}
