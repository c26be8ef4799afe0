import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as startTls, type TLSSocket } from 'node:tls'
import type { JoinAnswer } from '../../../client/enrol-check.ts'
import { openContext, reach, reachThrough } from '../../../client/requests/connect.ts'
import { parseProxyUrl } from '../../../client/requests/target.ts'
import { DynfarmError } from '../../../errors.ts'
import { publicKeyHash } from '../../../pki/public-key.ts'
import { ASK_WHETHER, answers, renderAsk, SOCKS_ALPN, type Target } from '../../../stream/ask.ts'
import { readHead } from '../../../stream/read-head.ts'
import type { JobIdentity } from '../../enrolment.ts'

type HubEnd = JoinAnswer['hubs'][number]

/** One hub, by which this job reaches its services. */
export interface SocksHub {
  name: string
  /** A stream to a service, or what SOCKS calls the reason. */
  open(target: Target): Promise<TLSSocket | number>
}

const DIAL_MS = 10_000

/** The first that takes this job. */
export async function findHub(identity: JobIdentity, signal: AbortSignal): Promise<SocksHub> {
  const { hubs } = identity.answer
  const ends = hubs.flatMap((hub) =>
    (hub.socks?.addresses ?? []).map((address) => dialer(hub, address, identity)),
  )
  if (ends.length === 0)
    throw new DynfarmError('mode-unavailable', 'no hub of this centre takes jobs in mode "socks"', {
      hint: 'its administrator gives a hub a port by "socks:" in centre.yaml',
    })
  const reasons: string[] = []
  for (const { name, dial } of ends) {
    try {
      const stream = await dial(ASK_WHETHER, signal)
      if (typeof stream !== 'number') stream.destroy()
      return { name, open: (target) => opened(dial, target) }
    } catch (error) {
      signal.throwIfAborted()
      reasons.push(`hub "${name}": ${error instanceof Error ? error.message : error}`)
    }
  }
  throw new DynfarmError('socks-refused', `no hub takes this job: ${reasons.join('; ')}`)
}

type Dial = (ask: string, signal?: AbortSignal) => Promise<TLSSocket | number>

async function opened(dial: Dial, target: Target): Promise<TLSSocket | number> {
  try {
    return await dial(renderAsk(target))
  } catch {
    return answers.failed
  }
}

function dialer(hub: HubEnd, host: string, { answer, secrets, proxy }: JobIdentity) {
  const context = openContext({ certificate: answer.certificate, key: secrets.key })
  const target = { name: hub.name, host, port: hub.socks?.port ?? 0 }
  const pin = hashOf(new X509Certificate(hub.certificate))
  const dial: Dial = async (ask, signal) => {
    const limit = AbortSignal.timeout(DIAL_MS)
    const within = signal === undefined ? limit : AbortSignal.any([signal, limit])
    const socket =
      proxy === undefined
        ? await reach(target, within)
        : await reachThrough(parseProxyUrl(proxy), target, within)
    socket.allowHalfOpen = true
    const tls = startTls({
      ...{ socket, secureContext: context, minVersion: 'TLSv1.3' as const },
      ...{ ALPNProtocols: [SOCKS_ALPN], rejectUnauthorized: false },
    })
    tls.on('error', () => {})
    await once(tls, 'secureConnect', { signal: within })
    const certificate = tls.getPeerX509Certificate()
    if (certificate === undefined || hashOf(certificate) !== pin || !tls.alpnProtocol) {
      tls.destroy()
      throw new Error('what answers is not this hub')
    }
    tls.write(ask)
    const head = await readHead(tls, answerOf, DIAL_MS)
    if (head === undefined) throw new Error('it ended the connection')
    if (head.code === answers.done) return tls
    tls.destroy()
    return head.code
  }
  return { name: hub.name, dial }
}

function answerOf([code]: Uint8Array): { length: number; code: number } | undefined {
  return code === undefined ? undefined : { length: 1, code }
}

function hashOf({ raw }: X509Certificate): string {
  return publicKeyHash(raw).toString('hex')
}
