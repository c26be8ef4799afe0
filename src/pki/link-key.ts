import { createHmac, randomBytes } from 'node:crypto'
import { DynfarmError } from '../errors.ts'

const secretBytes = 32

/** The text of links.secret: what every link's key follows from, so that none of them has to be stored. */
export function createLinkSecret(): string {
  return `${randomBytes(secretBytes).toString('hex')}\n`
}

export function parseLinkSecret(text: string): Uint8Array {
  const digits = text.trim()
  if (!/^[0-9a-f]{64}$/.test(digits)) {
    throw new DynfarmError('config-invalid', 'the link secret is not 64 hexadecimal digits', {
      hint: 'restore "keys/links.secret" from a backup; a new one gives every link a new key',
    })
  }
  return Buffer.from(digits, 'hex')
}

/** Stands in where a folder has none, as the examples: what is made with it must never be used. */
export const exampleLinkSecret: Uint8Array = new Uint8Array(secretBytes)

export interface LinkEnds {
  hub: string
  service: string
}

/** The GRE key of one link: 32 bits, never 0 (which kernels take for "no key"). */
export function linkKey(secret: Uint8Array, { hub, service }: LinkEnds): number {
  return keyOf(secret, `dynfarm link key\0${hub}/${service}`)
}

/** Of the link between two hubs, whichever of them asks. */
export function hubLinkKey(secret: Uint8Array, hubs: readonly [string, string]): number {
  return keyOf(secret, `dynfarm hub link key\0${[...hubs].sort().join('/')}`)
}

function keyOf(secret: Uint8Array, what: string): number {
  return createHmac('sha256', secret).update(what).digest().readUInt32BE(0) || 1
}
