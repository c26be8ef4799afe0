import { type IncomingHttpHeaders, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Shown } from './people.ts'
import type { TestServer } from './test-server.ts'

export interface Asked {
  on?: 'join' | 'admin' | 'socket'
  method?: string
  path: string
  body?: unknown
  headers?: Record<string, string>
  shown?: Pick<Shown, 'cert' | 'key'> | undefined
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is for the test to say
  json: any
}

/** One request on a connection of its own. */
export function ask(server: TestServer, asked: Asked): Promise<Answer> {
  const { on = 'join', method = 'GET', path, body, shown } = asked
  const where =
    on === 'socket'
      ? { socketPath: server.socket }
      : { host: '127.0.0.1', port: portOf(server, on), ca: caOf(server), ...shown }
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...asked.headers,
  }
  return new Promise((resolve, reject) => {
    const request = (on === 'socket' ? requestPlain : requestTls)(
      { ...where, method, path, headers, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => {
          text += part
        })
        response.on('end', () => {
          const isJson = /json/.test(response.headers['content-type'] ?? '')
          const json = isJson && text !== '' ? JSON.parse(text) : undefined
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
        })
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export function portOf(server: TestServer, on: 'join' | 'admin'): number {
  return Number(server[on].split(':').at(-1))
}

function caOf({ keys }: TestServer): string {
  return keys.authorities.server.certificate
}

/** A connection of TCP that says nothing by itself. */
export function dial(
  server: TestServer,
  on: 'join' | 'admin' = 'join',
  from = '127.0.0.1',
): Socket {
  const socket = connect({ host: '127.0.0.1', port: portOf(server, on), localAddress: from })
  return kept(socket)
}

/** A connection of TLS that says nothing by itself. */
export function dialTls(server: TestServer, options: object = {}): TLSSocket {
  const where = { host: '127.0.0.1', port: portOf(server, 'join'), ca: caOf(server) }
  return kept(connectTls({ ...where, ...options }))
}

function kept<S extends Socket>(socket: S): S {
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** All that comes until the other side ends the connection. */
export function rest(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (part) => {
      text += part.toString('latin1')
    })
    socket.on('close', () => resolve(text))
  })
}

/** The status and the code of the problem that a raw answer holds. */
export function problemIn(text: string): [status: number, code: string] {
  const [, status = '0'] = /^HTTP\/1\.1 ([0-9]{3}) /.exec(text) ?? []
  const [, code = ''] = /"code":"([a-z-]+)"/.exec(text) ?? []
  return [Number(status), code]
}
