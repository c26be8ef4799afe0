import { type ClientEvent, readEnvironment } from './management-client.ts'
import { type ClientStatus, StatusReader } from './status.ts'

export type ManagementMessage =
  /** A node came. OpenVPN tells of no going unless it also leaves every coming to the listener: for that, ask for the status. */
  | ({ kind: 'established' } & ClientEvent)
  | { kind: 'status'; clients: readonly ClientStatus[] }
  | { kind: 'traffic'; client: number; received: number; sent: number }
  /** Of the node's end: CONNECTING, CONNECTED, RECONNECTING, and why. */
  | { kind: 'state'; state: string; detail: string }
  | { kind: 'success'; text: string }
  | { kind: 'error'; text: string }
  /** What nobody here asked for, or what does not read as it should: never acted upon. */
  | { kind: 'strange' }

/** Longer than anything OpenVPN prints. */
const longestLine = 16_384
const mostVariables = 512

/** Takes what comes from the socket, in pieces of any size, and gives the messages that are complete. */
export class ManagementReader {
  #rest = ''
  #isSkipping = false
  #environment: { client: number; lines: string[] } | undefined
  #status: StatusReader | undefined

  read(piece: string): ManagementMessage[] {
    const lines = `${this.#rest}${piece}`.split('\n')
    this.#rest = lines.pop() ?? ''
    const messages = lines.flatMap((line) => this.#line(line.replace(/\r$/, '')))
    if (this.#rest.length <= longestLine) return messages
    this.#rest = ''
    this.#isSkipping = true
    return messages
  }

  /** The end of a line whose beginning was thrown away goes the same way. */
  #line(line: string): ManagementMessage[] {
    const isWhole = !this.#isSkipping && line.length <= longestLine
    this.#isSkipping = false
    if (!isWhole) return [{ kind: 'strange' }]
    if (line.startsWith('>')) return this.#notification(line)
    return this.#answer(line)
  }

  /** What OpenVPN tells unasked; it may come between the lines of an answer. */
  #notification(line: string): ManagementMessage[] {
    const variable = after(line, '>CLIENT:ENV,')
    if (variable !== undefined) return this.#variable(variable)
    const broken: ManagementMessage[] = this.#environment === undefined ? [] : [{ kind: 'strange' }]
    this.#environment = undefined
    const client = /^>CLIENT:ESTABLISHED,(\d{1,15})$/.exec(line)?.[1]
    if (client === undefined) return [...broken, ...plainNotification(line)]
    this.#environment = { client: Number(client), lines: [] }
    return broken
  }

  #variable(text: string): ManagementMessage[] {
    const environment = this.#environment
    if (environment === undefined) return []
    if (text !== 'END') {
      if (environment.lines.length < mostVariables) environment.lines.push(text)
      else this.#environment = undefined
      return []
    }
    this.#environment = undefined
    const event = readEnvironment(environment.client, environment.lines)
    return [event === undefined ? { kind: 'strange' } : { kind: 'established', ...event }]
  }

  #answer(line: string): ManagementMessage[] {
    if (line.startsWith('TITLE\t')) {
      this.#status = new StatusReader()
      return []
    }
    if (this.#status !== undefined && line !== 'END') {
      this.#status.read(line)
      return []
    }
    if (line === 'END') return this.#end()
    const success = after(line, 'SUCCESS: ')
    if (success !== undefined) return [{ kind: 'success', text: success }]
    const error = after(line, 'ERROR: ')
    return error === undefined ? [{ kind: 'strange' }] : [{ kind: 'error', text: error }]
  }

  #end(): ManagementMessage[] {
    const clients = this.#status?.clients
    this.#status = undefined
    return clients === undefined ? [{ kind: 'strange' }] : [{ kind: 'status', clients }]
  }
}

function plainNotification(line: string): ManagementMessage[] {
  const [, client, received, sent] =
    /^>BYTECOUNT_CLI:(\d{1,15}),(\d{1,15}),(\d{1,15})$/.exec(line) ?? []
  if (client !== undefined)
    return [
      { kind: 'traffic', client: Number(client), received: Number(received), sent: Number(sent) },
    ]
  const [, state, detail] = /^>STATE:\d{1,15},([A-Z_]{1,32}),([^,]*)/.exec(line) ?? []
  if (state === undefined || detail === undefined) return []
  return [{ kind: 'state', state, detail }]
}

function after(line: string, beginning: string): string | undefined {
  return line.startsWith(beginning) ? line.slice(beginning.length) : undefined
}
