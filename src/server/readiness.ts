import { X509Certificate } from 'node:crypto'
import { DynfarmError } from '../errors.ts'
import type { HostRecord } from '../protocol/records.ts'
import { readHostHealth } from './hubs/host-health.ts'
import type { Server } from './server.ts'

export interface Readiness {
  /** Whether machines can be let in. */
  ready: boolean
  /** What keeps them out, or will before long. */
  problems: string[]
}

export async function readReadiness({ store, keys, now }: Server): Promise<Readiness> {
  const ends = judgeEnds(namedCertificates(keys), now())
  try {
    const { unseeded, hosts } = await store.read(async (reads) => ({
      unseeded: await reads.hosts.toSeed(),
      hosts: await reads.hosts.list(),
    }))
    const ofHosts = judgeEnds(certificatesOf(hosts), now())
    const of = [ends.problems, ofHosts.problems, linksDown(hosts), waitsFor(unseeded)]
    const problems = of.flat()
    return { ready: ends.ready && unseeded.length === 0, problems }
  } catch (error) {
    if (!isStoreAway(error)) throw error
    return { ready: false, problems: [...ends.problems, 'the store does not answer'] }
  }
}

export function isStoreAway(error: unknown): boolean {
  return error instanceof DynfarmError && error.code === 'store-unavailable'
}

function waitsFor(unseeded: readonly HostRecord[]): string[] {
  if (unseeded.length === 0) return []
  const names = unseeded.map(({ name }) => name).join(', ')
  return [`the store was restored, and these hubs have yet to tell what they know: ${names}`]
}

function namedCertificates({ authorities, certificate: own }: Server['keys']): [string, string][] {
  const ofAuthorities = Object.entries(authorities).map(
    ([role, { certificate }]): [string, string] => [`the ${role} authority`, certificate],
  )
  return [...ofAuthorities, ["the server's certificate", own]]
}

/** They are renewed long before: what is told here has not been for months, and keeps no machine out by itself. */
function certificatesOf(hosts: readonly HostRecord[]): [string, string][] {
  return hosts
    .filter(({ revoked }) => revoked === null)
    .map(({ role, name, certificatePem }) => [
      `the certificate of ${role} "${name}"`,
      certificatePem,
    ])
}

/** Of a host that is away, what it said last. */
export function linksDown(hosts: readonly HostRecord[]): string[] {
  return hosts
    .filter(({ revoked }) => revoked === null)
    .flatMap(({ role, name, health }) =>
      (readHostHealth(health)?.links ?? [])
        .filter(({ state }) => state === 'down')
        .map(
          ({ peer, problem = 'no answer' }) =>
            `the link of ${role} "${name}" to "${peer}" is down: ${problem}`,
        ),
    )
}

const day = 24 * 3600 * 1000
const noticeDays = 30

/** The first certificate of each PEM text is the one that counts. */
export function judgeEnds(named: readonly (readonly [string, string])[], now: number): Readiness {
  const ending = named
    .map(([name, pem]) => ({ name, end: new X509Certificate(pem).validToDate.getTime() }))
    .filter(({ end }) => end < now + noticeDays * day)
  return {
    ready: ending.every(({ end }) => end > now),
    problems: ending.map(({ name, end }) =>
      end > now
        ? `${name} ends in ${Math.floor((end - now) / day)} days`
        : `${name} ended ${new Date(end).toISOString()}`,
    ),
  }
}
