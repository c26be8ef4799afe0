import type { ApplyLog } from '../../src/apply/context.ts'

export interface RecordedLog extends ApplyLog {
  lines: string[]
}

/** Keeps what is told, `debug` lines marked by a dot. */
export function recordedLog(): RecordedLog {
  const lines: string[] = []
  return {
    lines,
    info: (text) => lines.push(text),
    debug: (text) => lines.push(`. ${text}`),
  }
}
