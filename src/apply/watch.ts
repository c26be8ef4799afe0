import { spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Argv } from '../plan/step.ts'

export interface Watch {
  stop(): void
}

const again = 1000

/**
 * Follows a command that goes on telling, a line each, for as long as it is wanted. It is started again when it ends:
 * what happened meanwhile is told as `missed`.
 */
export function watchCommand(
  [program, ...words]: Argv,
  { line, missed }: { line(text: string): void; missed(): void },
): Watch {
  let isStopped = false
  let retry: NodeJS.Timeout | undefined
  let end = (): void => {}
  const start = (isFirst: boolean): void => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' })
    end = () => void child.kill()
    createInterface({ input: child.stdout }).on('line', line)
    if (!isFirst) missed()
    child.once('error', () => {})
    child.once('close', () => {
      if (!isStopped) retry = setTimeout(start, again, false)
    })
  }
  start(true)
  return {
    stop: () => {
      isStopped = true
      clearTimeout(retry)
      end()
    },
  }
}

/** Tells of every change in a folder that is there. */
export function watchFolder(folder: string, changed: () => void): Watch {
  const watcher = watch(folder, changed)
  watcher.on('error', () => {})
  return { stop: () => watcher.close() }
}
