import { posix } from 'node:path'
import type { Step } from '../../plan/step.ts'
import { blockSteps } from '../block-step.ts'
import { makeFolder, removeFolder } from '../folders.ts'
import { type Block, type Made, type MarkedText, readMarked } from '../marked-text.ts'
import type { Admin, SiteProblem } from '../wanted.ts'
import { isKey, keyLine } from './key-line.ts'
import type { KeysWanted, ObservedSsh } from './keys.ts'
import { placeForKeys } from './place.ts'

export interface KeysPlan {
  steps: Step[]
  problems: SiteProblem[]
}

/** The block of root's authorized_keys, before all others' lines, since of two with one key the first counts. */
export function planKeys(wanted: KeysWanted | undefined, observed: ObservedSsh): KeysPlan {
  if (wanted === undefined || wanted.admins.length === 0 || wanted.hubs.length === 0) {
    return { steps: removeAll([...observed.files.keys()], observed), problems: [] }
  }
  const { file, writable, problems } = placeForKeys(wanted, observed)
  const elsewhere = [...observed.files.keys()].filter((path) => path !== file)
  return {
    steps: [
      ...(file !== undefined && writable ? writeKeys(file, wanted, observed) : []),
      ...removeAll(elsewhere, observed),
    ],
    problems: [...problems, ...wanted.admins.filter((admin) => !isKey(admin)).map(noKey)],
  }
}

function noKey({ name }: Admin): SiteProblem {
  return { code: 'ssh-key-refused', message: `what "${name}" has is no OpenSSH public key` }
}

const REASON = "administrators' keys"
const FOLDER_MODE = 0o700

function writeKeys(path: string, { admins, hubs }: KeysWanted, observed: ObservedSsh): Step[] {
  const folder = posix.dirname(path)
  const hasFolder = observed.paths.has(folder) || folder === observed.home
  const file = observed.files.get(path)
  const newly: Made | undefined =
    file !== undefined ? undefined : hasFolder ? 'file' : 'file and folder'
  const lines = admins.filter(isKey).map((admin) => keyLine(admin, hubs))
  const block = ({ at = 0, made }: MarkedText): Block => ({ lines, at, made: newly ?? made })
  return [
    ...(hasFolder ? [] : [makeFolder(folder, FOLDER_MODE, REASON)]),
    ...blockSteps({ path, reason: REASON, mode: 0o600 }, file, block),
  ]
}

function removeAll(candidates: readonly string[], { files, paths }: ObservedSsh): Step[] {
  return candidates.flatMap((path): Step[] => {
    const file = files.get(path)
    const steps = blockSteps({ path, reason: REASON, mode: 0o600 }, file, () => undefined)
    const isRemoved = steps.some(({ content }) => content === null)
    const { made } = readMarked(file?.content ?? new Uint8Array())
    // Whoever put a symlink there keeps it.
    if (isRemoved && paths.get(path)?.kind === 'symlink') return [emptied(path)]
    if (!isRemoved || made !== 'file and folder') return steps
    return [...steps, removeFolder(posix.dirname(path), FOLDER_MODE, REASON)]
  })
}

function emptied(path: string): Step {
  return { kind: 'file', reason: REASON, path, content: '' }
}
