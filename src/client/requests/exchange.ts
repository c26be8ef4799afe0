import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import { DynfarmError } from '../../errors.ts'
import { KiB } from '../../protocol/size.ts'
import type { Connect } from './connect.ts'
import { startDeadline } from './deadline.ts'
import { TimeoutError } from './fault.ts'
import { type Line, type Received, type Sending, Unanswered } from './line.ts'

/** Whatever NODE_OPTIONS say of the parser. */
export const strictly = { insecureHTTPParser: false, maxHeaderSize: 16 * KiB } as const

interface Way {
  name: string
  headers: Readonly<Record<string, string>>
  connect: Connect
}

/** HTTP over connections that `connect` makes, kept for a while after their use. */
export function makeLine({ name, headers, connect }: Way): Line {
  const kept = new CheckedAgent(connect, true)
  const fresh = new CheckedAgent(connect, false)
  const send = async (sending: Sending): Promise<Received> => {
    const asking = ask(sending, { headers, agent: sending.mayReuse ? kept : fresh })
    try {
      const [answer] = await answerOf(asking, 'response', sending.signal)
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: bodyOf(answer) }
    } catch (error) {
      const isStale = asking.reusedSocket && !sending.signal.aborted
      if (isStale) return await send({ ...sending, mayReuse: false })
      throw error instanceof DynfarmError ? error : new Unanswered(error, asking.socket !== null)
    }
  }
  const close = () => {
    for (const agent of [kept, fresh]) agent.destroy()
  }
  return { name, send, close }
}

interface Asking {
  headers: Readonly<Record<string, string>>
  agent: CheckedAgent
}

function ask(sending: Sending, { headers, agent }: Asking): ClientRequest {
  const { method, path, body, idleMs, connectMs, signal } = sending
  const asking = request({
    ...strictly,
    ...{ method, path, agent, signal, connectMs },
    headers: { ...headers, ...sending.headers },
  })
  asking.setTimeout(idleMs, () => asking.destroy(new TimeoutError('nothing was heard')))
  return asking.end(body)
}

/** Waits for the event by which an answer begins. */
export async function answerOf(
  asking: ClientRequest,
  event: 'response' | 'connect',
  signal: AbortSignal,
): Promise<[IncomingMessage, Duplex, Buffer]> {
  asking.on('error', () => {})
  try {
    return (await once(asking, event, { signal })) as [IncomingMessage, Duplex, Buffer]
  } catch (error) {
    asking.destroy()
    throw signal.aborted ? signal.reason : error
  }
}

async function* bodyOf(answer: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* answer
  } catch (error) {
    throw new Unanswered(error, true)
  }
}

/** How long an unused connection is kept: below what servers keep theirs for. */
const keptMs = 5000

/** Gets its connections from a function, which has checked them. */
class CheckedAgent extends Agent {
  readonly #connect: Connect

  constructor(connect: Connect, keepAlive: boolean) {
    super({ keepAlive, timeout: keptMs })
    this.#connect = connect
  }

  override createConnection(
    options: { signal?: AbortSignal; connectMs?: number },
    callback: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { clear, signal } = startDeadline(options.connectMs ?? 0, options.signal)
    this.#connect(signal)
      .finally(clear)
      .then(
        (socket) => callback(null, socket),
        (error) => (callback as (error: Error) => void)(error),
      )
  }
}
