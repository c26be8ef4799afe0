import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { parseDateText, renderDateText } from './date-text.ts'
import { isSigned, parseFacts, type Statement, signStatement } from './statement.ts'

/** "My successor is this key", signed by the release key that it follows. */
export interface Rotation {
  centre: string
  /** The new public key, PEM. */
  successor: string
  issued: Date
}

export interface OldKey {
  public: string
  private: string
}

export function signRotation({ centre, successor, issued }: Rotation, old: OldKey): Statement {
  const facts = {
    centre,
    from: hashOf(createPublicKey(old.public)),
    to: spkiOf(createPublicKey(successor)).toString('base64'),
    issued: renderDateText(issued),
  }
  return signStatement('rotation', facts, old.private)
}

/**
 * The key that a pinned one leads to, PEM, by as many of the statements as follow on each other, oldest first.
 * What does not follow is passed over: a machine that is further on than another is sent the same list.
 */
export function followRotations(
  pinned: string,
  { centre, statements }: { centre: string; statements: readonly Statement[] },
): string {
  return statements.reduce((key, statement) => successorOf(key, centre, statement) ?? key, pinned)
}

function successorOf(key: string, centre: string, statement: Statement): string | undefined {
  const facts = isSigned('rotation', statement, key) ? parseFacts(statement.text) : undefined
  const { from, to, issued } = facts ?? {}
  if (facts?.['centre'] !== centre || from !== hashOf(createPublicKey(key))) return undefined
  if (typeof issued !== 'string' || parseDateText(issued) === undefined) return undefined
  return typeof to === 'string' ? readKey(to) : undefined
}

function readKey(base64: string): string | undefined {
  try {
    const spki = Buffer.from(base64, 'base64')
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    if (key.asymmetricKeyType !== 'ed25519') return undefined
    return key.export({ type: 'spki', format: 'pem' }).toString()
  } catch {
    return undefined
  }
}

function hashOf(key: KeyObject): string {
  return createHash('sha256').update(spkiOf(key)).digest('hex')
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}
