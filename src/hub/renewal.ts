import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../errors.ts'
import { type Certificate, readPem, renewalTime } from '../pki/check-certificate.ts'
import type { Hub } from './hub.ts'
import { type HubIdentity, identityOf, loadStored } from './identity.ts'
import { Said } from './said.ts'

/** As far as a clock that is set, or a machine that sleeps, may put it off. */
const longestMs = 3_600_000
/** Between two questions to a server that is away. */
const againMs = 30_000

/** Asks the server; what it gives is the same again where it finds that the certificate will do. */
type Renew = (signal: AbortSignal) => Promise<HubIdentity>

/** Sees to it that the hub's certificate is renewed when that is due, for as long as the hub lives. */
export async function keepRenewed(hub: Hub, renew: Renew, end: AbortSignal): Promise<void> {
  const said = new Said(hub.log)
  while (!end.aborted) {
    const trouble = await lookAfter(hub, renew, end)
    if (end.aborted) return
    said.tell(trouble === undefined ? [] : [trouble])
    const pause = trouble === undefined ? untilDue(hub) : againMs * (0.5 + Math.random() / 2)
    await sleep(pause, undefined, { signal: end }).catch(() => {})
  }
}

function untilDue(hub: Hub): number {
  const left = renewalTime(certificateOf(hub)).getTime() - Date.now()
  return left > 0 ? Math.min(longestMs, left) : longestMs
}

/** What is the matter, where the certificate is due and stays as it is. */
async function lookAfter(hub: Hub, renew: Renew, signal: AbortSignal): Promise<string | undefined> {
  try {
    await followDisk(hub)
    if (Date.now() < renewalTime(certificateOf(hub)).getTime()) return undefined
    take(hub, await renew(signal))
    return undefined
  } catch (error) {
    if (error instanceof DynfarmError) return describe(hub, error.message)
    throw error
  }
}

/** A hub that `dynfarm join` made is renewed by that as well. */
async function followDisk(hub: Hub): Promise<void> {
  const stored = identityOf(await loadStored(hub.machine, hub.state), hub.state)
  if (
    stored !== undefined &&
    certificateOf({ identity: stored }).expires > certificateOf(hub).expires
  )
    take(hub, stored)
}

function take(hub: Hub, identity: HubIdentity): void {
  if (identity.certificate === hub.identity.certificate) return
  hub.become(identity)
  hub.log.info(
    `the certificate of this hub is a new one, until ${dayOf(certificateOf(hub).expires)}`,
  )
}

function certificateOf({ identity }: Pick<Hub, 'identity'>): Certificate {
  return readPem(identity.certificate)
}

function describe(hub: Hub, why: string): string {
  const { expires, name } = certificateOf(hub)
  if (expires.getTime() > Date.now())
    return `the certificate of this hub ends ${dayOf(expires)} and could not be renewed: ${why}; tries again`
  return (
    `the certificate of this hub ended ${dayOf(expires)}: nodes refuse its OpenVPN tunnels, and the server this hub (${why}). ` +
    `Stop it, and start it once with --token-file FILE, in which there is a new token ("dynfarm token create --role hub --name ${name}")`
  )
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 16).replace('T', ' ')
}
