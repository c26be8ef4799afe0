import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Context } from '../apply/context.ts'
import type { Machine } from '../apply/machine.ts'
import { realMachine } from '../apply/real-machine.ts'
import { transact } from '../apply/transaction.ts'
import { DynfarmError } from '../errors.ts'
import { visibleText } from '../plan/text.ts'
import { createCentre } from './init-create.ts'
import { isWritable, type Observed, observePaths } from './init-observe.ts'
import { initFiles, initFolders, planInit, wayTo } from './init-plan.ts'
import { nextSteps } from './init-text.ts'

export interface InitOptions extends Partial<Context> {
  dir: string
  /** The state folder of the command line; the journal is kept in it. */
  stateDir: string
  /** The centre's name, which its certificates carry. */
  centre?: string | undefined
}

export interface InitDone {
  dir: string
  /** Within DIR. */
  files: readonly string[]
  nextSteps: string[]
}

/** A centre from nothing in DIR: all of it, or nothing. */
export async function runInit(options: InitOptions): Promise<InitDone> {
  const { machine = realMachine(), log, signal } = options
  const dir = resolve(options.dir)
  const centre = checkName(options.centre ?? 'example')
  const state = initState(options.stateDir)
  await transact({ state, machine, log, signal }, async (run) => {
    const found = await observePaths(machine, [...initFolders(dir), ...filePaths(dir)])
    refuseOverwrite(dir, found)
    await refuseUnwritable(dir, found, machine)
    const exists = (path: string) => found.folders.has(path)
    await run.apply(planInit(await createCentre(centre), dir, exists))
  })
  return { dir, files: initFiles, nextSteps: nextSteps(dir) }
}

/**
 * Where init keeps its journal: of an ordinary user, who may make a centre too but has no place under /var/lib, in
 * the user's home.
 */
function initState(stateDir: string): string {
  const isRoot = process.geteuid?.() === 0
  const ofUser = join(homedir(), '.local/state/dynfarm')
  return join(isRoot || stateDir !== '/var/lib/dynfarm' ? stateDir : ofUser, 'init')
}

function checkName(centre: string): string {
  if (/^[a-z_][a-z0-9_.-]{0,31}$/.test(centre)) return centre
  throw new DynfarmError('usage', `"${visibleText(centre)}" cannot be the name of a centre`, {
    hint: 'a name has at most 32 lower-case letters, digits, ".", "_" and "-", and begins with a letter',
  })
}

function refuseOverwrite(dir: string, found: Observed): void {
  const other = initFolders(dir).find((path) => found.all.has(path) && !found.folders.has(path))
  if (other !== undefined) {
    throw new DynfarmError('usage', `"${visibleText(other)}" is not a folder`, {
      hint: 'name a folder that is empty or not there yet',
    })
  }
  const taken = initFiles.filter((name) => found.all.has(join(dir, name)))
  if (taken.length === 0) return
  throw new DynfarmError('init-exists', `"${visibleText(dir)}" already has ${taken.join(', ')}`, {
    details: { files: taken },
  })
}

/** Asked of the innermost folder that stands; a step would fail as well, but tell less plainly. */
async function refuseUnwritable(dir: string, found: Observed, machine: Machine): Promise<void> {
  const innermost = wayTo(dir).findLast((path) => found.folders.has(path)) ?? '/'
  if (await isWritable(machine, innermost)) return
  throw new DynfarmError('not-writable', `"${visibleText(innermost)}" cannot be written`)
}

function filePaths(dir: string): string[] {
  return initFiles.map((name) => join(dir, name))
}
