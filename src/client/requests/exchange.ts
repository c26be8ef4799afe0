import {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { DynfarmError } from '../../errors.ts'
import { KiB } from '../../protocol/size.ts'
import { startDeadline } from './deadline.ts'
import { BrokenError, isBroken, TimeoutError } from './fault.ts'
import { type Line, type Received, type Sending, Unanswered } from './line.ts'
import { isUpload, type Upload } from './upload.ts'

/** Whatever NODE_OPTIONS say of the parser. */
export const strictly = { insecureHTTPParser: false, maxHeaderSize: 16 * KiB } as const

/** Gives a connection whose other end is known to be the server. */
export type Connect = (signal: AbortSignal) => Promise<Socket>

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
      return {
        status: answer.statusCode ?? 0,
        headers: answer.headers,
        body: bodyOf(asking, answer),
      }
    } catch (error) {
      if (asking.reusedSocket && isBroken(error)) return await send({ ...sending, mayReuse: false })
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
    ...{ method, path, agent, signal, connecting: { signal, connectMs } },
    headers: { ...headers, ...sending.headers },
  } as ConnectOptions)
  asking.setTimeout(idleMs, () => asking.destroy(new TimeoutError('nothing was heard')))
  return isUpload(body) ? send(asking, body) : asking.end(body)
}

/** What goes wrong on the way ends the request by that error, which is heard there. */
function send(asking: ClientRequest, body: Upload): ClientRequest {
  pipeline(body.read(), asking).catch(() => {})
  return asking
}

/** Waits for the event by which an answer begins; a connection that just ends, or becomes another, has none. */
export function answerOf(
  asking: ClientRequest,
  event: 'response' | 'connect',
  signal: AbortSignal,
): Promise<[IncomingMessage, Duplex, Buffer]> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal.aborted ? signal.reason : error)
    asking.on(event, (...answer: [IncomingMessage, Duplex, Buffer]) => resolve(answer))
    asking.on('error', fail)
    asking.on('close', () => fail(new BrokenError('it ended without an answer')))
  })
}

/** What ends an answer half-way is told to the request; the answer knows only that it was ended. */
async function* bodyOf(asking: ClientRequest, answer: IncomingMessage): AsyncGenerator<Buffer> {
  let reason: unknown
  asking.once('error', (error) => {
    reason = error
  })
  try {
    yield* answer
  } catch (error) {
    throw new Unanswered(reason ?? error, true)
  }
}

/** How long an unused connection is kept: below what servers keep theirs for. */
const keptMs = 5000

/** Agents are not shown a request's signal, so it goes by another name. */
interface ConnectOptions extends ClientRequestArgs {
  connecting?: Pick<Sending, 'signal' | 'connectMs'>
}

/** Gets its connections from a function, which has checked them. */
class CheckedAgent extends Agent {
  readonly #connect: Connect

  constructor(connect: Connect, keepAlive: boolean) {
    super({ keepAlive, timeout: keptMs })
    this.#connect = connect
  }

  override createConnection(
    { connecting }: ConnectOptions,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { clear, signal } = startDeadline(connecting?.connectMs ?? 0, connecting?.signal)
    this.#connect(signal)
      .finally(clear)
      .then(
        (socket) => callback?.(null, socket),
        (error) => (callback as (error: Error) => void)(error),
      )
  }
}
