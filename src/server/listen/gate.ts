import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Source } from '../call.ts'
import type { Limits } from '../limits.ts'
import { isWithin, neighbourhood, peerAddress } from '../peer.ts'
import { readProxyHeader } from './balancer.ts'
import { makePlaces, type Place } from './places.ts'
import { makeTurns } from './turns.ts'

/** What comes between the accepting of a connection and the end of its TLS handshake. */
export interface Gate {
  /** Lets a new connection in, or ends it. */
  arrive(socket: Socket): void
  /** The source of a connection whose handshake is done; undefined when it has gone meanwhile. */
  pass(socket: TLSSocket): Source | undefined
  /** Ends what has not passed. */
  close(): void
}

export interface GateOptions {
  limits(): Limits
  /** Networks of the balancers that say whose connections they pass on. */
  balancers(): readonly string[]
  /** Begins the handshake. */
  admit(socket: Socket): void
  onRefused(reason: 'full' | 'share' | 'garbage' | 'slow'): void
}

interface Arrival {
  readonly socket: Socket
  readonly place: Place
  /** The socket's own; a balancer names another. */
  source: Source
  refuse(reason: Parameters<GateOptions['onRefused']>[0]): void
  deadline?: NodeJS.Timeout
  /** Lets another one shake hands. */
  leaveTurn?: () => void
}

/**
 * TLS takes a hundred kB for a connection, which the C library does not give back to the system: after a thousand at once
 * the server would stay that large. Who is slow to shake hands holds up the others of its source for no longer than this.
 */
const handshakes = { atOnce: 64, longestMs: 500 }

export function makeGate({ limits, balancers, admit, onRefused }: GateOptions): Gate {
  const places = makePlaces(() => limits().connections)
  const arrivals = new Map<string, Arrival>()
  const turns = makeTurns(handshakes)

  const wait = (arrival: Arrival): void => {
    const { socket, place, refuse } = arrival
    const key = connectionKey(socket)
    arrivals.set(key, arrival)
    arrival.deadline = setTimeout(() => refuse('slow'), limits().headerTimeout)
    socket.once('close', () => {
      clearTimeout(arrival.deadline)
      arrival.leaveTurn?.()
      place.leave()
      if (arrivals.get(key) === arrival) arrivals.delete(key)
    })
  }
  const enter = (arrival: Arrival, named: Source = arrival.source): void => {
    arrival.source = named
    if (arrival.place.nameSource(named.address))
      arrival.leaveTurn = turns.take(neighbourhood(named.address), () => begin(arrival))
    else arrival.refuse('share')
  }

  const begin = ({ socket }: Arrival): void => {
    // It may have ended while it waited, and not said so yet.
    if (!socket.destroyed) admit(socket)
  }

  return {
    arrive: (socket) => {
      socket.on('error', () => {})
      const refuse: Arrival['refuse'] = (reason) => {
        onRefused(reason)
        socket.destroy()
      }
      const source = sourceOf(socket)
      const place = source && places.take()
      if (source === undefined || place === undefined) {
        refuse('full')
        return
      }
      const arrival: Arrival = { socket, place, source, refuse }
      wait(arrival)
      if (isWithin(source.address, balancers()))
        readProxyHeader(socket, {
          onHeader: (named) => enter(arrival, named),
          onGarbage: () => refuse('garbage'),
        })
      else enter(arrival)
    },
    pass: (socket) => {
      const key = connectionKey(socket)
      const arrival = arrivals.get(key)
      clearTimeout(arrival?.deadline)
      arrival?.leaveTurn?.()
      arrivals.delete(key)
      return arrival?.source
    },
    close: () => {
      for (const { socket } of arrivals.values()) socket.destroy()
    },
  }
}

/** The same for a socket and for the TLS that is laid over it, and no two connections at once share it. */
function connectionKey(socket: Socket): string {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  return [remoteAddress, remotePort, localAddress, localPort].join(' ')
}

function sourceOf({ remoteAddress = '', remotePort: port = 0 }: Socket): Source | undefined {
  const address = peerAddress(remoteAddress)
  return address === undefined ? undefined : { address, port }
}
