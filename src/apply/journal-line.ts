import type { UndoCommand } from '../plan/step.ts'

/** A journal is one JSON line after the other: a header, then what was begun and what became of it. */
export type Line =
  | Header
  | { type: 'begin'; entry: number; text: string; keep: boolean; undo: Undo }
  | { type: 'done' | 'undoing' | 'undone'; entry: number }
  | { type: 'failed'; entry: number; left: number[] }
  | { type: 'running'; pid: number; start: number }
  | { type: 'commit' }

export interface Header {
  type: 'header'
  format: number
  id: string
  /** Undo of commands is lenient after a reboot, which takes most of what they did away. */
  boot: string
  since: string
}

export type Undo =
  | { kind: 'command'; commands: readonly UndoCommand[] }
  | { kind: 'file'; path: string; before: StoredFile | null; after: string | null }

export interface StoredFile {
  /** base64 */
  content: string
  mode: number
  uid: number
  gid: number
}

export function isLine(value: unknown): value is Line {
  if (!isRecord(value)) return false
  switch (value['type']) {
    case 'header':
      return ['id', 'boot', 'since'].every((key) => typeof value[key] === 'string')
    case 'begin':
      return isNumber(value['entry']) && typeof value['text'] === 'string' && isUndo(value['undo'])
    case 'done':
    case 'undoing':
    case 'undone':
      return isNumber(value['entry'])
    case 'failed':
      return isNumber(value['entry']) && isArrayOf(value['left'], isNumber)
    case 'running':
      return isNumber(value['pid']) && isNumber(value['start'])
    default:
      return value['type'] === 'commit'
  }
}

function isUndo(value: unknown): value is Undo {
  if (!isRecord(value)) return false
  if (value['kind'] === 'command') return isArrayOf(value['commands'], isUndoCommand)
  const { kind, path, before, after } = value
  const known = kind === 'file' && typeof path === 'string'
  return known && (before === null || isStoredFile(before)) && (after === null || isText(after))
}

function isUndoCommand(value: unknown): value is UndoCommand {
  if (!isRecord(value)) return false
  const { argv, input, tolerate } = value
  const knownInput =
    input === undefined || isText(input) || (isRecord(input) && isText(input['secret']))
  const knownCodes = tolerate === undefined || isArrayOf(tolerate, isNumber)
  return isArrayOf(argv, isText) && argv.length > 0 && knownInput && knownCodes
}

function isStoredFile(value: unknown): value is StoredFile {
  if (!isRecord(value) || !isText(value['content'])) return false
  return [value['mode'], value['uid'], value['gid']].every(isNumber)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isArrayOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem)
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
