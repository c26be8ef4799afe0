import type { Readable } from 'node:stream'

/** The terminal at which a person sits. */
export interface Terminal {
  size(): { rows: number; cols: number }
  /** Gives the way to end it. */
  onResize(listener: () => void): () => void
  /** Every key goes to the command, ^C too. Gives the way back, which may be gone twice. */
  raw(): () => void
}

/** What node:tty adds to the streams of a terminal. */
interface Keys {
  isTTY?: boolean
  setRawMode?(isRaw: boolean): unknown
}

interface Screen {
  isTTY?: boolean
  rows?: number
  columns?: number
  on?(event: 'resize', listener: () => void): unknown
  off?(event: 'resize', listener: () => void): unknown
}

export function terminalOf(stdin: Readable & Keys, stdout: Screen): Terminal | undefined {
  if (stdin.isTTY !== true || stdout.isTTY !== true) return undefined
  return {
    size: () => ({ rows: stdout.rows || 24, cols: stdout.columns || 80 }),
    onResize: (listener) => {
      stdout.on?.('resize', listener)
      return () => void stdout.off?.('resize', listener)
    },
    raw: () => {
      stdin.setRawMode?.(true)
      return () => void stdin.setRawMode?.(false)
    },
  }
}
