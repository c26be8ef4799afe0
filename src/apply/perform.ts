import { setTimeout as sleep } from 'node:timers/promises'
import { isSecret } from '../plan/render.ts'
import type { CommandStep, FileStep, Step, Text, WaitStep } from '../plan/step.ts'
import type { Context } from './context.ts'
import { failureOf, stepFailed, waitFailed } from './failure.ts'
import type { Outcome } from './machine.ts'
import { throwIfInterrupted } from './run.ts'
import type { Scrub } from './scrub.ts'

interface Performing extends Pick<Context, 'machine' | 'signal'> {
  scrub: Scrub
  marker?: string | undefined
}

const WAIT_INTERVAL_MS = 200
/** Also the last look has the time to say something. */
const LEAST_LOOK_MS = 1000

/** Carries out one Step, or throws an error that names it. */
export async function performStep(step: Step, context: Performing): Promise<void> {
  try {
    throwIfInterrupted(context.signal)
    if (step.kind === 'command') await performCommand(step, context)
    else if (step.kind === 'file') await performFile(step, context)
    else await performWait(step, context)
  } catch (error) {
    throw failureOf(step, error)
  }
}

export function contentBytes(content: Text | Uint8Array): Uint8Array {
  return content instanceof Uint8Array ? content : Buffer.from(plainText(content))
}

export function plainText(text: Text): string {
  return isSecret(text) ? text.secret : text
}

export function isDone(outcome: Outcome, tolerate: readonly number[] = []): boolean {
  if (outcome.timedOut === true) return false
  return outcome.code === 0 || tolerate.includes(outcome.code)
}

async function performCommand(step: CommandStep, context: Performing): Promise<void> {
  const { machine, signal, scrub, marker } = context
  const { argv, timeoutMs } = step
  const input = step.input === undefined ? undefined : plainText(step.input)
  const outcome = await machine.run({ argv, input, timeoutMs, signal, marker })
  if (!isDone(outcome, step.tolerate)) throw stepFailed(step, outcome, scrub)
}

async function performFile(step: FileStep, { machine }: Performing): Promise<void> {
  const { path, content, mode, owner } = step
  if (content === null) await machine.removeFile(path)
  else await machine.writeFile(path, { content: contentBytes(content), mode, owner })
}

async function performWait(step: WaitStep, { machine, signal, scrub }: Performing): Promise<void> {
  const deadline = performance.now() + step.timeoutMs
  for (;;) {
    const timeoutMs = Math.max(LEAST_LOOK_MS, deadline - performance.now())
    const outcome = await machine.run({ argv: step.argv, timeoutMs, signal })
    if (isDone(outcome)) return
    const left = deadline - performance.now()
    if (left <= 0) throw waitFailed(step, outcome, scrub)
    await pause(Math.min(step.intervalMs ?? WAIT_INTERVAL_MS, left), signal)
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  const options = signal === undefined ? {} : { signal }
  await sleep(milliseconds, undefined, options).catch(() => throwIfInterrupted(signal))
}
