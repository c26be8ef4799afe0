import type { Duplex } from 'node:stream'
import { within } from '../deadline.ts'
import { HostFault } from '../outcome.ts'
import type { Session } from './session.ts'
import type { DirectLogin, Target } from './target.ts'

/** A way to the nodes through a host that reaches them. */
export interface Gateway {
  dial(addresses: readonly string[], port: number, ms: number): Promise<Duplex>
  close(): void
}

/** One connection is one process of sshd there, which encrypts for all that go by it. */
const mostLines = 4
const fewOnALine = 8

interface Line {
  session: Promise<Session>
  channels: number
}

type Connect = (target: Target, login: DirectLogin) => Promise<Session>

/** Few connections to the hub carry the connections to all nodes, each of which is checked by its own host key. */
export function openGateway(hub: Target, login: DirectLogin, connect: Connect): Gateway {
  const lines = new Set<Line>()
  const begin = (): Line => {
    const line: Line = { session: connect(hub, login), channels: 0 }
    lines.add(line)
    const gone = () => void lines.delete(line)
    line.session.then(({ ended }) => ended.then(gone), gone)
    return line
  }
  const take = (): Line => {
    const [freest] = [...lines].sort((a, b) => a.channels - b.channels)
    const isFull = freest === undefined || freest.channels >= fewOnALine
    return isFull && lines.size < mostLines ? begin() : (freest ?? begin())
  }
  return {
    dial: async (addresses, port, ms) => {
      const line = take()
      line.channels += 1
      try {
        const session = await line.session.catch((fault) => Promise.reject(ofHub(hub, fault)))
        const channel = await forward(session, { addresses, port, ms, hub })
        channel.once('close', () => {
          line.channels -= 1
        })
        return channel
      } catch (error) {
        line.channels -= 1
        throw error
      }
    },
    close: () => {
      for (const { session } of lines) session.then((one) => one.close()).catch(() => undefined)
    },
  }
}

/** Whatever is the matter with the hub, no node has begun anything. */
function ofHub({ name }: Target, fault: unknown): unknown {
  if (!(fault instanceof HostFault)) return fault
  const { hostClass, isDrop, message } = fault
  return new HostFault(hostClass, 'connect', { reason: `hub "${name}": ${message}`, isDrop })
}

interface Forward {
  addresses: readonly string[]
  port: number
  ms: number
  hub: Target
}

async function forward(session: Session, { addresses, port, ms, hub }: Forward): Promise<Duplex> {
  let fault: unknown = new HostFault('unreachable', 'connect', { reason: 'no address is known' })
  const late = () => new HostFault('unreachable', 'connect', { reason: 'no answer' })
  for (const address of addresses) {
    const opening = session.forward(address, port)
    try {
      return await within(opening, ms / addresses.length, late)
    } catch (error) {
      opening.then((channel) => channel.destroy()).catch(() => undefined)
      fault = error instanceof HostFault ? ofHub(hub, error) : error
    }
  }
  throw fault
}
