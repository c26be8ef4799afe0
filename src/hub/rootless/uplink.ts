import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { DynfarmError } from '../../errors.ts'
import { type Forward, type Port, planPorts } from './ports.ts'

/** The only way between the hub's namespaces and its host. */
export interface Uplink {
  canPing: boolean
  /** Opens these ports of the host towards the hub, and no others; gives what could not be. */
  openPorts(wanted: readonly Port[]): Promise<DynfarmError[]>
}

export function uplinkBy(socket: string, canPing: boolean): Uplink {
  return { canPing, openPorts: (wanted) => openPorts(socket, wanted) }
}

async function openPorts(socket: string, wanted: readonly Port[]): Promise<DynfarmError[]> {
  const { entries = [] } = await ask(socket, { execute: 'list_hostfwd' })
  const held = entries.map(({ id, proto, host_port: port }) => ({ id, proto, port }))
  const { add, remove } = planPorts(wanted, held)
  for (const { id } of remove) await ask(socket, { execute: 'remove_hostfwd', arguments: { id } })
  const failures: DynfarmError[] = []
  for (const one of add) if (!(await open(socket, one))) failures.push(refused(one))
  return failures
}

async function open(socket: string, { proto, port }: Port): Promise<boolean> {
  const given = { proto, host_addr: '0.0.0.0', host_port: port, guest_port: port }
  const { error } = await ask(socket, { execute: 'add_hostfwd', arguments: given })
  return error === undefined
}

function refused({ proto, port }: Port): DynfarmError {
  const why =
    port < 1024
      ? 'ports below "net.ipv4.ip_unprivileged_port_start" are for root alone, or something listens there'
      : 'something else listens there'
  return new DynfarmError(
    'port-refused',
    `this host does not give its ${proto} port ${port}: ${why}`,
  )
}

interface Answer {
  error?: { desc?: string }
  entries?: { id: Forward['id']; proto: Port['proto']; host_port: number }[]
}

const ANSWER_MS = 5000

/** One question a connection: slirp4netns reads once, answers, and closes. */
async function ask(path: string, question: object): Promise<Answer> {
  const socket = connect(path)
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('it does not answer')))
  socket.write(JSON.stringify(question))
  try {
    return JSON.parse(await text(socket))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DynfarmError('rootless-ended', `slirp4netns cannot be asked: ${why}`, { cause })
  } finally {
    socket.destroy()
  }
}
