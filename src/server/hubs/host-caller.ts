import type { HostRecord } from '../../protocol/records.ts'
import type { Caller } from '../call.ts'
import { Refusal } from '../refusal.ts'

/** The host that calls; the table of endpoints lets nobody else in. */
export function hostOf(caller: Caller): HostRecord {
  if (caller.kind !== 'hub' && caller.kind !== 'service')
    throw new Error(`a ${caller.kind} is no host of the centre`)
  return caller.host
}

/** The same as it is in the store now: whoever was revoked while it waited, or asked, is told nothing. */
export function stillIn(host: HostRecord | undefined): HostRecord {
  if (host === undefined || host.revoked !== null)
    throw new Refusal('certificate-revoked', 'this certificate was revoked', {
      ...(host && { audit: { subject: host.id } }),
    })
  return host
}
