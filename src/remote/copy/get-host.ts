import { DynfarmError } from '../../errors.ts'
import { lookScript } from '../far-side/copy-scripts.ts'
import { openArriving, Place } from '../files/landing.ts'
import type { Outcome } from '../outcome.ts'
import type { Far } from './far.ts'
import { getLarge } from './get-large.ts'
import { type GetJob, type GetState, noteFailed, type One, pathOf } from './get-state.ts'
import { largeFrom } from './manifest.ts'
import { baseOf, type Name, nameOf, partsOf, shown } from './names.ts'
import { dropAll, type Placing, placeAll } from './place-all.ts'
import { type Received, Receiver } from './receive.ts'
import { TarFault, TarReader } from './tar-read.ts'
import { isOnlyGrown, shrunkIn } from './tar-said.ts'

/** To be one line for the account's shell, whose length has a bound. */
export function lookWords(sources: readonly string[]): string[] {
  return ['/bin/sh', '-c', lookScript, 'dynfarm', ...sources]
}

/** All sources of one node. What arrived whole gets its place also when something else went wrong. */
export async function getFromHost(far: Far, job: GetJob): Promise<Outcome> {
  const { outcome, stdout } = await far.run({ words: lookWords(job.sources) })
  if (outcome.class !== 'ok') return { ...outcome, started: false }
  const kinds = stdout.trimEnd().split('\n')
  const state: GetState = { received: [], faults: [], outcome }
  for (const [index, source] of job.sources.entries())
    await getOne(far, { ...job, source, kind: kinds[index] ?? '', state })
  return conclude(job, state)
}

type Looked = One & { kind: string }

async function getOne(far: Far, one: Looked): Promise<void> {
  const { state, kind, source, flat, maxSize } = one
  const [, letter, digits] = /^([tl]) (\d{1,15})$/.exec(kind) ?? []
  const size = Number(digits)
  if (!['ok', 'failed'].includes(state.outcome.class)) return
  if (kind === 'n') state.faults.push(`"${source}" is not there`)
  else if (kind === 'x') state.faults.push(`"${source}" is neither a file nor a folder`)
  else if (kind === 'c') await getUnsized(far, one)
  else if (flat && ['d', 'D'].includes(kind)) state.faults.push(`"${source}" is a folder`)
  else if (size > (maxSize ?? size)) state.faults.push(`"${source}" is larger than --max-size`)
  else if (size >= largeFrom || letter === 'l') await getLarge(far, one)
  else await getArchive(far, one)
}

/** What it says of itself is not to be relied on, as of files in /proc: read to its end, or to the bound. */
const mostUnsized = 64 * 1024 * 1024

async function getUnsized(far: Far, { source, state, landing, maxSize, onBytes }: One) {
  const most = maxSize ?? mostUnsized
  const file = await openArriving(landing)
  let size = 0
  const { outcome } = await far.run({
    words: ['head', '-c', String(most + 1), pathOf(source)],
    take: async (bytes) => {
      size += bytes.length
      onBytes(bytes.length)
      await file.write(bytes)
    },
  })
  const fault = await file.close().then(
    () => undefined,
    (error: Error) => error.message,
  )
  state.outcome = outcome
  const name = nameOf(source)
  const facts = { mode: 0o644, mtime: Date.now() / 1000, size, target: '' }
  const entry = { ...facts, name, type: 'file' as const }
  const received = { entry, parts: partsOf(name) ?? [], arrived: file.path }
  if (outcome.class === 'ok' && fault === undefined && size <= most) state.received.push(received)
  else await dropAll([received])
  if (outcome.class === 'ok' && fault !== undefined) state.faults.push(fault)
  if (size > most) state.faults.push(tooLarge(source, maxSize))
  else noteFailed(state, source)
}

function tooLarge(source: string, maxSize: number | undefined): string {
  return maxSize === undefined
    ? `"${source}" does not tell its size and is larger than 64 MiB: --max-size says how far it is read`
    : `"${source}" is larger than --max-size`
}

async function getArchive(far: Far, { source, kind, state, ...job }: Looked): Promise<void> {
  const { landing, maxSize, onBytes } = job
  const wanted = partsOf(nameOf(source)) ?? []
  const isWanted = (parts: readonly Name[]) => wanted.every((part, at) => parts[at] === part)
  const receiver = new Receiver({ landing, isWanted, maxSize, onBytes })
  const reader = new TarReader(receiver)
  const path = kind === 'D' ? `${pathOf(source)}/.` : pathOf(source)
  const isAbsolute = source.startsWith('/')
  const { outcome, stderr } = await far.run({
    words: ['tar', '-cf', '-', isAbsolute ? `.${path}` : path],
    ...(isAbsolute && { cwd: '/' }),
    take: (bytes) => reader.take(bytes),
  })
  // A file that is open yet is not whole, and what is not whole is nothing.
  await receiver.end().catch(() => undefined)
  state.outcome = isOnlyGrown(outcome, stderr) ? { ...outcome, class: 'ok' } : outcome
  await keepWhole(receiver, { stderr, reader, state })
  for (const name of receiver.tooLarge)
    state.faults.push(`"${shown(name)}" is larger than --max-size`)
  if (receiver.left.count > 0) state.faults.push(leftOut(receiver.left))
  noteFailed(state, source)
}

function leftOut({ count, first }: Receiver['left']): string {
  const more = count > 1 ? ` and ${count - 1} more` : ''
  return `left out "${shown(first)}"${more}, neither file, folder nor link`
}

/** An archive that did not come to its end is nothing; of one that did, what shrank is left out. */
async function keepWhole(
  { received }: Receiver,
  { stderr, reader, state }: { stderr: string; reader: TarReader; state: GetState },
): Promise<void> {
  const shrunk = new Set(shrunkIn(stderr))
  const isShort = ({ entry }: Received) => shrunk.delete(entry.name)
  const [short, whole] = [received.filter(isShort), received]
  const kept =
    reader.isWhole && shrunk.size === 0 ? whole.filter((each) => !short.includes(each)) : []
  state.received.push(...kept)
  await dropAll(received.filter((each) => !kept.includes(each)))
  if (!reader.isWhole && state.outcome.class === 'ok') state.faults.push('the archive broke off')
  for (const { entry } of short)
    state.faults.push(`"${shown(entry.name)}" became shorter while it was read`)
}

async function conclude(job: GetJob, { received, faults, outcome }: GetState): Promise<Outcome> {
  const place = new Place(job.flat ? job.landing.root : `${job.landing.root}/${job.node}`)
  try {
    job.onPlaced(await placeAll(received, place, placingOf(job)))
  } catch (error) {
    if (!(error instanceof DynfarmError || error instanceof TarFault)) throw error
    faults.push(error.message)
  } finally {
    await dropAll(received)
  }
  const isOver = !['ok', 'failed'].includes(outcome.class)
  if (isOver || (faults.length === 0 && outcome.class === 'ok'))
    return { ...outcome, started: true }
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
  return { ...outcome, class: 'failed', started: true, reason: `${faults[0]}${more}` }
}

function placingOf({ flat, node }: GetJob): Placing {
  if (!flat) return ({ parts }) => parts
  return ({ entry, parts }) =>
    entry.type === 'folder' ? undefined : [`${baseOf(parts.join('/'))}.${node}`]
}
