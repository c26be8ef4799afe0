import { join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'
import { keptRun } from '../protocol/schema/kept.ts'
import type { Centre } from './centre.ts'
import { bornOf, whoIsHere } from './files/processes.ts'
import { makeFolder, namesIn, readIfThere, remove, writeWhole } from './files/small.ts'
import { type Begun, beginLine, type Ended, endLine, type RunLine } from './run-line.ts'
import { remoteFolder, type World } from './world.ts'

/** A run that is on record here, and will be at the server. */
export interface Recorded {
  end(ended: Omit<Ended, 'at'>): Promise<void>
}

interface Place {
  centre: Centre
  world: World
}

/** Nothing is run that leaves no trace: when its line cannot be written, it does not begin. */
export async function recordRun(
  run: Omit<Begun, 'by' | 'at'>,
  { centre, world }: Place,
): Promise<Recorded> {
  const folder = folderOf(world)
  await makeFolder(folder)
  await sendRuns({ centre, world })
  const line = beginLine({ ...run, by: whoIsHere(world.access.sudoUser), at: Date.now() })
  const path = join(folder, `${line.id}.json`)
  const process_ = { process: process.pid, born: (await bornOf(process.pid)) ?? '' }
  await writeWhole(path, JSON.stringify({ run: line, ...process_ }), 0o600)
  return {
    end: async (ended) => {
      const done = endLine(line, { ...ended, at: Date.now() })
      // No process has the number 0: it is over.
      await writeWhole(path, JSON.stringify({ run: done, process: 0, born: '' }), 0o600)
      await sendRuns({ centre, world })
    },
  }
}

function folderOf(world: World): string {
  return join(remoteFolder(world), 'audit')
}

const mostAtOnce = 32

/** All that the server has not got yet, in its order. What it got before, by an answer that was lost, it passes over. */
export async function sendRuns({ centre, world }: Place): Promise<void> {
  const folder = folderOf(world)
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.json'))
  try {
    for (let at = 0; at < names.length; at += mostAtOnce) {
      const paths = names.slice(at, at + mostAtOnce).map((name) => join(folder, name))
      if (!(await sendSome(paths, { centre, world }))) return
    }
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    world.log.warn(`the server does not record what was run, which is kept here: ${error.message}`)
  }
}

async function sendSome(paths: readonly string[], { centre, world }: Place): Promise<boolean> {
  const found = await Promise.all(paths.map((path) => readOver(path, world)))
  const over = found.filter((one) => one !== undefined)
  if (over.length === 0) return true
  const answer = await centre.ask('remoteRuns', { body: { runs: over.map(({ run }) => run) } })
  if (answer === undefined) return false
  for (const { path } of over) await remove(path)
  return true
}

/** A run that has ended, or whose process has. */
async function readOver(
  path: string,
  { log }: World,
): Promise<{ path: string; run: RunLine } | undefined> {
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
