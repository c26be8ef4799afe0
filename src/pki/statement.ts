import { sign, verify } from 'node:crypto'

/** Flat facts that the release key signed: text that is sent and kept as it was signed. */
export interface Statement {
  /** JSON in its one spelling: keys in order, no spaces, no key twice. */
  text: string
  /** Base64. */
  signature: string
}

export type Facts = Readonly<Record<string, string | number | boolean>>

/** What is signed begins with its purpose, so that a manifest can never be taken for a rotation. */
type Purpose = 'release' | 'rotation'

export function signStatement(purpose: Purpose, facts: Facts, privateKey: string): Statement {
  const text = renderFacts(facts)
  const signature = sign(null, messageOf(purpose, text), privateKey)
  return { text, signature: signature.toString('base64') }
}

export function isSigned(purpose: Purpose, statement: Statement, publicKey: string): boolean {
  const signature = Buffer.from(statement.signature, 'base64')
  return verify(null, messageOf(purpose, statement.text), publicKey, signature)
}

function messageOf(purpose: Purpose, text: string): Buffer {
  return Buffer.from(`dynfarm ${purpose} 1\n${text}`)
}

const maxLength = 4096

export function parseFacts(text: string): Facts | undefined {
  const value = text.length > maxLength ? undefined : parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const facts = value as Facts
  const isFlat = Object.values(facts).every((fact) =>
    ['string', 'number', 'boolean'].includes(typeof fact),
  )
  return isFlat && renderFacts(facts) === text ? facts : undefined
}

function renderFacts(facts: Facts): string {
  const entries = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(entries))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
