import { type Draft, itemsOf, type Layer, layersOf, type Partly } from '../draft.ts'
import type { Finding } from '../finding.ts'
import type { Fault } from '../formats.ts'
import type { CustomFile } from '../types.ts'

/** Every file has one content, and no secret is made for all to read. */
export function checkFiles(draft: Draft): Finding[] {
  return layersOf(draft).flatMap(filesOfLayer)
}

function filesOfLayer({ file, path, layer }: Layer): Finding[] {
  return itemsOf(layer.files).flatMap(([i, entry]) => {
    const fault = contentFault(entry) ?? secretFault(entry)
    return fault === undefined ? [] : [{ file, path: [...path, 'files', i], ...fault }]
  })
}

function contentFault(entry: Partly<CustomFile>): Fault | undefined {
  const given = ['content', 'source'].filter((key) => Object.hasOwn(entry, key))
  if (entry.absent === true) {
    return given.length === 0 ? undefined : { what: `an absent file has no "${given[0]}"` }
  }
  if (given.length === 2) return { what: 'a file has "content" or "source", not both' }
  return given.length === 1 ? undefined : { what: '"content" or "source" is missing' }
}

const modeOfNewFiles = '0644'

function secretFault(entry: Partly<CustomFile>): Fault | undefined {
  const mode = Object.hasOwn(entry, 'mode') ? entry.mode : modeOfNewFiles
  const isOpen = mode !== undefined && (Number.parseInt(mode, 8) & 0o007) !== 0
  if (entry.secret !== true || entry.absent === true || !isOpen) return undefined
  return {
    what: `every user of the node can read this secret (mode ${mode})`,
    hint: 'write mode: "0600"',
  }
}
