import { createSocket } from 'node:dgram'
import { familyOf } from '../../address.ts'
import { decodeHello, encodeHello, type Hello, helloPort } from '../../protocol/hello.ts'

const everyMs = 300
const mostTries = 10

/** Tells the hub which rung this node is on, until it answers; false when it does not. */
export async function sayHello(
  hello: Hello,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  const socket = createSocket(familyOf(to) === 'ipv4' ? 'udp4' : 'udp6')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let tries = 0
  const send = (): void => {
    tries += 1
    if (tries > mostTries) resolve(false)
    else socket.send(encodeHello(hello), helloPort, to, () => {})
  }
  socket.on('error', () => resolve(false))
  socket.on('message', (datagram) => {
    if (decodeHello(datagram)?.count === hello.count) resolve(true)
  })
  socket.bind(0, from, send)
  const timer = setInterval(send, everyMs)
  try {
    return await promise
  } finally {
    clearInterval(timer)
    socket.close()
  }
}
