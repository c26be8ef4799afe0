import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { decodeParts, type FilePart, LineReader } from '../../protocol/relay-parts.ts'
import { relayFetch } from '../../protocol/schema/relay.ts'
import { failed, isWithin, type RelayPlace, readOrder } from './place.ts'
import { silenceMs, suite } from './suite.ts'

interface FetchOrder {
  name: string
  key: string
  address: string
  port: number
  seconds: number
}

export interface FetchOptions {
  place: RelayPlace
  stdin: Readable
  write(bytes: Buffer): Promise<void>
}

const longestLine = 64 * 1024

/** Writes what standard input says: the parts that stand there, and those that a sibling has. */
export async function fetchParts({ place, stdin, write }: FetchOptions): Promise<void> {
  const input = new LineReader(stdin, longestLine)
  const order = readOrder<FetchOrder>(relayFetch, await input.line())
  if (!isWithin(order.address, place.network) || order.port !== place.port)
    throw failed(`"${order.address}" port "${order.port}" is not where siblings are`)
  const sibling = await connectTo(order)
  const late = setTimeout(
    () => sibling.destroy(failed('the sibling was too slow')),
    order.seconds * 1000,
  )
  try {
    const answers = new LineReader(sibling, longestLine)
    for await (const part of decodeParts(input)) {
      if (Buffer.isBuffer(part)) await write(part)
      else for await (const bytes of askFor(part, sibling, answers)) await write(bytes)
    }
  } finally {
    clearTimeout(late)
    sibling.destroy()
    stdin.destroy()
  }
}

function askFor(
  { hash, offset, size }: FilePart,
  sibling: TLSSocket,
  answers: LineReader,
): AsyncGenerator<Buffer> {
  sibling.write(`${hash} ${offset}\n`)
  return answers.bytes(size - offset)
}

/** On one network an answer takes no time: who is blocked is to know soon. */
const connectMs = 3000

async function connectTo({ name, key, address, port }: FetchOrder): Promise<TLSSocket> {
  const socket = connect({
    ...suite,
    ...{ host: address, port },
    pskCallback: () => ({ identity: name, psk: Buffer.from(key, 'hex') }),
    // Who has the key is the sibling: there is no certificate.
    checkServerIdentity: () => undefined,
  })
  socket.on('error', () => undefined)
  const late = setTimeout(() => socket.destroy(new Error('no answer')), connectMs)
  try {
    await once(socket, 'secureConnect')
    return socket.setTimeout(silenceMs, () => socket.destroy(failed('the sibling fell silent')))
  } catch (error) {
    socket.destroy()
    const { code, message } = error as NodeJS.ErrnoException
    throw failed(`no connection to the sibling at "${address}": ${code ?? message}`)
  } finally {
    clearTimeout(late)
  }
}
