import { renderAction, renderStep } from '../plan/render.ts'
import type { FileStep, UndoCommand } from '../plan/step.ts'
import { renderArgv } from '../plan/text.ts'
import type { Context } from './context.ts'
import type { Entry } from './entry.ts'
import { describeEnd, lastLines } from './failure.ts'
import type { Journal } from './journal.ts'
import { hashOf, restoreFile } from './journal-format.ts'
import type { Undo } from './journal-line.ts'
import { isDone, plainText } from './perform.ts'
import { scrubberFor } from './scrub.ts'
import { systemMessage } from './system-error.ts'

export interface Undoing extends Pick<Context, 'machine' | 'log'> {
  journal: Journal
  /** A file neither as it was left nor as it was before has been changed by another hand since. */
  foreignFiles: 'overwrite' | 'leave'
  /** After a reboot there may be nothing left to undo: commands that fail do not count. */
  rebooted: boolean
}

interface Failure {
  index: number
  message: string
}

/** Undoes entries in reverse, all of them whatever fails, and returns what failed. */
export async function undoEntries(entries: readonly Entry[], undoing: Undoing): Promise<string[]> {
  const problems: string[] = []
  for (const entry of entries.toReversed()) {
    if (entry.state !== 'undone') problems.push(...(await undoEntry(entry, undoing)))
  }
  return problems
}

async function undoEntry(entry: Entry, undoing: Undoing): Promise<string[]> {
  const { journal, log } = undoing
  const complete = entry.state === 'done' || entry.state === 'failed'
  journal.mark(entry, 'undoing')
  const failures = await attemptUndo(entry, undoing, complete)
  const excused = entry.undo.kind === 'command' && (!complete || undoing.rebooted)
  if (excused) for (const { message } of failures) log?.debug(`not counted: ${message}`)
  const counted = excused ? [] : failures
  if (counted.length === 0) journal.mark(entry, 'undone')
  else
    journal.markFailed(
      entry,
      counted.map(({ index }) => index),
    )
  return counted.map(({ message }) => message)
}

async function attemptUndo(entry: Entry, undoing: Undoing, complete: boolean): Promise<Failure[]> {
  const { undo } = entry
  if (undo.kind === 'file') {
    const leave = complete && undoing.foreignFiles === 'leave'
    return await collectFailures([0], () => undoFile(undo, undoing, leave))
  }
  const indices = [...undo.commands.keys()].filter((index) => entry.left?.includes(index) ?? true)
  return await collectFailures(indices, async (index) => {
    const command = undo.commands[index]
    if (command !== undefined) await undoCommand(command, undoing)
  })
}

async function collectFailures(
  indices: number[],
  attempt: (index: number) => Promise<void>,
): Promise<Failure[]> {
  const failures: Failure[] = []
  for (const index of indices) {
    try {
      await attempt(index)
    } catch (error) {
      failures.push({ index, message: systemMessage(error) })
    }
  }
  return failures
}

async function undoCommand(
  command: UndoCommand,
  { machine, log, journal }: Undoing,
): Promise<void> {
  const { argv, input, tolerate } = command
  log?.info(renderStep({ kind: 'command', reason: 'undo', argv, ...(input && { input }) }))
  const outcome = await machine.run({
    argv,
    input: input === undefined ? undefined : plainText(input),
    onStart: (pid) => journal.noteRunning(pid),
  })
  if (isDone(outcome, tolerate)) return
  const stderr = scrubberFor([command])(outcome.stderr)
  throw new Error(`"${renderArgv(argv)}" ${describeEnd(outcome)}${lastLines(stderr)}`)
}

type FileUndo = Extract<Undo, { kind: 'file' }>

async function undoFile(undo: FileUndo, undoing: Undoing, leaveForeign: boolean): Promise<void> {
  const { machine, log } = undoing
  const step = restoringStep(undo)
  try {
    if (leaveForeign) await refuseForeign(undo, undoing)
    log?.info(renderStep(step))
    if (step.content === null) await machine.removeFile(step.path)
    else await machine.writeFile(step.path, { ...step, content: step.content })
  } catch (error) {
    throw new Error(`"${renderAction(step)}" failed: ${systemMessage(error)}`, { cause: error })
  }
}

function restoringStep({ path, before }: FileUndo): FileStep & { content: Uint8Array | null } {
  const step = { kind: 'file', reason: 'undo', path } as const
  if (before === null) return { ...step, content: null }
  const { content, mode, uid, gid } = restoreFile(before)
  return { ...step, content, mode, owner: `${uid}:${gid}` }
}

async function refuseForeign(
  { path, before, after }: FileUndo,
  { machine }: Undoing,
): Promise<void> {
  const hash = hashOf((await machine.readFile(path))?.content)
  if (hash === after || hash === hashOf(before && restoreFile(before).content)) return
  throw new Error('it was changed by another hand since and is left as it is')
}
