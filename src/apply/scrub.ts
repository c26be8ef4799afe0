import { isSecret } from '../plan/render.ts'
import type { Step, UndoCommand } from '../plan/step.ts'

export type Scrub = (text: string) => string

/** Shorter pieces than this are found in any text; a longer one of a secret gives it away. */
const PIECE = 8

/** Takes what a program repeats of the Steps' secrets, whole or in part, out of its messages. */
export function scrubberFor(steps: readonly (Step | UndoCommand)[]): Scrub {
  const secrets = steps.flatMap(secretsOf)
  if (secrets.length === 0) return (text) => text
  const pieces = new Set(secrets.flatMap(piecesOf))
  const short = secrets.map((secret) => secret.trim()).filter((secret) => isShort(secret))
  return (text) => short.reduce(replaceAll, replacePieces(text, pieces))
}

function secretsOf(step: Step | UndoCommand): string[] {
  const undo = 'undo' in step ? (step.undo ?? []).flatMap(secretsOf) : []
  const own = 'content' in step ? step.content : 'input' in step ? step.input : undefined
  return own !== undefined && isSecret(own) ? [own.secret, ...undo] : undo
}

function isShort(secret: string): boolean {
  return secret !== '' && secret.length < PIECE
}

function piecesOf(secret: string): string[] {
  const count = Math.max(0, secret.length - PIECE + 1)
  return Array.from({ length: count }, (_, at) => secret.slice(at, at + PIECE))
}

function replaceAll(text: string, secret: string): string {
  return text.replaceAll(secret, '<redacted>')
}

function replacePieces(text: string, pieces: ReadonlySet<string>): string {
  let clean = ''
  for (let at = 0; at < text.length; ) {
    const end = endOfPieces(text, at, pieces)
    clean += end > at ? '<redacted>' : text.charAt(at)
    at = Math.max(end, at + 1)
  }
  return clean
}

/** Where a run of overlapping pieces that begins here ends. */
function endOfPieces(text: string, from: number, pieces: ReadonlySet<string>): number {
  let end = from
  for (let at = from; at <= end; at += 1) {
    if (pieces.has(text.slice(at, at + PIECE))) end = at + PIECE
  }
  return end
}
