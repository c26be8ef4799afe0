import { createHash } from 'node:crypto'
import { checkCsr } from '../../pki/csr.ts'
import { parseVersion, workTogether } from '../../pki/version.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { SlotRole, Time } from '../../protocol/records.ts'
import type { Call, Source } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'

/** Who asks to join, checked as far as it can be without the store. */
export interface Applicant {
  readonly request: RequestOf<'join'>
  readonly role: SlotRole
  readonly source: Source
  /** The key that it holds (SPKI, DER), and the key's SHA-256. */
  readonly spki: Buffer
  readonly publicKey: string
  readonly at: Time
}

export function readApplicant(call: Call<'join'>, { now, version }: Server): Applicant {
  const { body: request, source } = call
  if (source === null) throw new Refusal('not-allowed', 'machines join over the network')
  checkVersions(request.version, version)
  const spki = checkRequest(request.keys.csr)
  return {
    request,
    role: request.kind === 'job' ? 'job' : 'node',
    source,
    spki,
    publicKey: createHash('sha256').update(spki).digest('hex'),
    at: now(),
  }
}

/** The keys that nobody else may have. */
export function keysOf({ publicKey, request: { keys } }: Applicant) {
  return { publicKey, wireguard: keys.wireguard }
}

function checkVersions(client: string, server: string): void {
  const [theirs, ours] = [parseVersion(client), parseVersion(server)]
  if (theirs === undefined)
    throw new Refusal('message-malformed', '"/version" is no version', { path: '/version' })
  if (ours === undefined || workTogether(theirs, ours)) return
  throw new Refusal(
    'version-apart',
    `this machine runs dynfarm "${client}" and the server "${server}"`,
    { path: '/version' },
  )
}

function checkRequest(csr: string): Buffer {
  const checked = checkCsr(Buffer.from(csr, 'base64'))
  if ('value' in checked) return checked.value
  const { refused } = checked
  throw new Refusal('csr-refused', `the certificate request: ${refused.replaceAll('-', ' ')}`, {
    path: '/keys/csr',
    audit: { detail: { refused } },
  })
}
