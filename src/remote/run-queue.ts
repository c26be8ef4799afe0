import { join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'
import { keptRun } from '../protocol/schema/kept.ts'
import type { Centre } from './centre.ts'
import { bornOf } from './files/processes.ts'
import { moveInto, namesIn, readIfThere, remove } from './files/small.ts'
import type { RunLine } from './run-line.ts'
import { remoteFolder, type World } from './world.ts'

export interface Place {
  centre: Centre
  world: Pick<World, 'log' | 'stateDir' | 'access'>
}

/** Where each run is a file until the server has it. */
export function queueOf(world: Place['world']): string {
  return join(remoteFolder(world), 'audit')
}

const mostAtOnce = 32

/** All that the server has not got yet, in its order. What it got before, by an answer that was lost, it passes over. */
export async function sendRuns({ centre, world }: Place): Promise<void> {
  const folder = queueOf(world)
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json'))
  try {
    for (let at = 0; at < names.length; at += mostAtOnce) {
      const paths = names.slice(at, at + mostAtOnce).map((name) => join(folder, name))
      const found = await Promise.all(paths.map((path) => readOver(path, world)))
      const over = found.filter((one) => one !== undefined)
      if (!(await sendSome(over, { centre, world }))) return
    }
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    world.log.warn(`the server does not record what was run, which is kept here: ${error.message}`)
  }
}

interface Over {
  path: string
  run: RunLine
}

/** Gives false when there is no server any more. */
async function sendSome(over: readonly Over[], { centre, world }: Place): Promise<boolean> {
  if (over.length === 0) return true
  try {
    const answer = await centre.ask('remoteRuns', { body: { runs: over.map(({ run }) => run) } })
    if (answer === undefined) return false
  } catch (error) {
    if (!isAboutLines(error)) throw error
    return sendApart(over, error, { centre, world })
  }
  for (const { path } of over) await remove(path)
  return true
}

/** One line that the server does not take is not to keep the others here for ever. */
async function sendApart(over: readonly Over[], error: Error, place: Place): Promise<boolean> {
  const [first, ...others] = over
  if (first !== undefined && others.length === 0) {
    const path = await moveInto(join(queueOf(place.world), 'refused'), first.path)
    const what = `the server does not take the record of a run, now in "${path}"`
    place.world.log.warn(`${what}: ${error.message}`)
    return true
  }
  const half = Math.ceil(over.length / 2)
  const isThere = await sendSome(over.slice(0, half), place)
  return isThere && sendSome(over.slice(half), place)
}

/** That they are too much together, or that the server names what it cannot read in one of them. */
function isAboutLines(error: unknown): error is DynfarmError {
  if (!(error instanceof DynfarmError)) return false
  const { code, details } = error
  return code === 'message-too-large' || (code === 'message-malformed' && 'path' in { ...details })
}

/** A run that has ended, or whose process has. */
async function readOver(path: string, { log }: Place['world']): Promise<Over | undefined> {
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const decoded = decode(keptRun, parseJson(text))
  if ('fault' in decoded) {
    log.warn(`"${path}" is no record of a run and is left alone`)
    return undefined
  }
  const { run, process: pid, born } = decoded.value as Kept
  const isRunning = pid !== 0 && (await bornOf(pid)) === born
  return isRunning ? undefined : { path, run }
}

interface Kept {
  run: RunLine
  process: number
  born: string
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
