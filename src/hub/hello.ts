import { formatAddress, parseAddress } from '../address.ts'
import { decodeHello, encodeHello, type Hello, helloPort } from '../protocol/hello.ts'
import { type Datagrams, openDatagrams } from './datagrams.ts'

export interface HeardHello {
  hello: Hello
  /** A node's inner address: tunnels let it use no other. */
  from: string
  answer(): void
}

export type HelloListener = Pick<Datagrams, 'listenOn' | 'close'>

export function listenForHellos(heard: (hello: HeardHello) => void): HelloListener {
  const datagrams = openDatagrams(helloPort, (datagram, from, on) => {
    const [hello, source] = [decodeHello(datagram), parseAddress(from.address)]
    if (hello === undefined || source === undefined) return
    const answer = () => datagrams.send(encodeHello(hello), on, from)
    heard({ hello, from: formatAddress(source), answer })
  })
  return datagrams
}
