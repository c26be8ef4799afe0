import { type Client, type CommonOptions, makeClient } from './requests/client.ts'
import { openContext, reach, reachSocket, reachThrough, secure } from './requests/connect.ts'
import { type Connect, makeLine } from './requests/exchange.ts'
import type { Line } from './requests/line.ts'
import { authorityForm, parseProxyUrl, parseServerUrl } from './requests/target.ts'
import { userHeader } from './requests/user.ts'

export type { Client } from './requests/client.ts'
export type { Ask } from './requests/message.ts'

/** Over the network, as everybody does but root on the server's own host. */
export interface NetworkOptions extends CommonOptions {
  /** In the order to be tried. */
  urls: readonly string[]
  /** SHA-256 of the server authorities' public keys, in hexadecimal. */
  pins: readonly string[]
  /** PEM. Shown to servers of a pinned authority only. */
  credential?: Credential | undefined
  /** `http://HOST:PORT` */
  proxy?: string | undefined
}

export interface Credential {
  certificate: string
  key: string
}

/** Through the server's socket on this host. */
export interface SocketOptions extends CommonOptions {
  socketPath: string
  /** Who the person is that works as root here. */
  user?: string | undefined
}

/** Nothing of the environment has a say: no proxy, no further authority, no laxer check. */
export function openClient(options: NetworkOptions | SocketOptions): Client {
  const lines = 'urls' in options ? networkLines(options) : [socketLine(options)]
  return makeClient(lines, options)
}

function networkLines({ urls, pins, credential, proxy, now }: NetworkOptions): Line[] {
  if (urls.length === 0 || pins.length === 0) throw new Error('a client has a URL and a pin')
  const between = proxy === undefined ? undefined : parseProxyUrl(proxy)
  const context = openContext(credential)
  return urls.map(parseServerUrl).map((target) => {
    const trust = { pins, target, now: now ?? (() => new Date()) }
    const connect: Connect = async (signal) => {
      const way = between ? reachThrough(between, target, signal) : reach(target, signal)
      return await secure(await way, { context, trust, signal })
    }
    return makeLine({ name: target.name, headers: { host: authorityForm(target) }, connect })
  })
}

function socketLine({ socketPath, user }: SocketOptions): Line {
  return makeLine({
    name: socketPath,
    headers: { host: 'localhost', ...userHeader(user) },
    connect: (signal) => reachSocket(socketPath, signal),
  })
}
