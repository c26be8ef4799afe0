import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { DynfarmError } from '../errors.ts'
import type { Centre } from './centre.ts'
import { chooseNodes } from './choose.ts'
import { pause, within } from './deadline.ts'
import type { InventoryNode } from './inventory.ts'
import { openLogin } from './login.ts'
import type { LoginOptions } from './options.ts'
import { HostFault } from './outcome.ts'
import { refuseViewer } from './over-nodes.ts'
import { recordRun } from './run-log.ts'
import { connectTo, type Login } from './session/connect.ts'
import type { Execution, Session } from './session/session.ts'
import { targetOf } from './target.ts'
import type { World } from './world.ts'

export interface ShellOptions extends LoginOptions {
  node: string
}

/** One login shell on one node, on a terminal where a person sits at one. It ends as the shell does. */
export function runShell(options: ShellOptions, world: World): Promise<number> {
  const wanted = { nodes: [options.node], exclude: [], all: true }
  return chooseNodes(wanted, world, async (chosen) => {
    const [node, ...more] = chosen.targets
    if (node === undefined || more.length > 0) {
      const count = chosen.targets.length
      throw new DynfarmError('usage', `"${options.node}" is ${count} nodes, and a shell is on one`)
    }
    refuseViewer(chosen.inventory)
    const { login, close } = await openLogin(options, { ...chosen, world, hosts: 1 })
    try {
      return await onRecord(node, login, { centre: chosen.centre, world })
    } finally {
      close()
    }
  })
}

interface Around {
  centre: Centre
  world: World
}

async function onRecord(node: InventoryNode, login: Login, around: Around): Promise<number> {
  const run = { kind: 'shell', command: [], login: login.user, nodes: [node.name] } as const
  const recorded = await recordRun(run, around)
  let ended: HostFault | number = new HostFault('lost', 'run', { reason: 'it was cut off' })
  try {
    ended = await visit(node, login, around.world)
  } catch (error) {
    if (!(error instanceof HostFault)) throw error
    ended = error
  } finally {
    const hostClass = typeof ended === 'number' ? (ended === 0 ? 'ok' : 'failed') : ended.hostClass
    const records = [{ node: node.name, class: hostClass }]
    await recorded.end({ records, interrupted: false })
  }
  if (typeof ended === 'number') return ended
  around.world.log.error(`${node.name}: ${ended.hostClass}: ${ended.message}`)
  return 4
}

async function visit(node: InventoryNode, login: Login, world: World): Promise<number> {
  const session = await connectTo(targetOf(node), login)
  try {
    const { terminal, env } = world
    const size = terminal && { ...terminal.size(), term: env['TERM'] ?? 'vt100' }
    const late = () =>
      new HostFault('timeout', 'open', { reason: 'the shell did not start in time' })
    const execution = await within(session.shell(size), login.timeout, late)
    return await sit(execution, session, world)
  } finally {
    session.close()
  }
}

/** The terminal is as it was before, however this ends. */
async function sit({ channel, exit }: Execution, session: Session, world: World): Promise<number> {
  const { terminal, log, stdin } = world
  const resize = () => {
    const { rows, cols } = terminal?.size() ?? { rows: 24, cols: 80 }
    channel.setWindow(rows, cols, 0, 0)
  }
  const undo = [terminal?.raw(), terminal?.onResize(resize)]
  const stopped = new Promise<never>((_, reject) => {
    const end = (why: string) => reject(new HostFault('killed', 'run', { reason: why }))
    world.onNextInterrupt((signal) => end(`ended here by ${signal}`))
    world.onHangup(() => end('the terminal hung up'))
    world.onBrokenOutput(({ code }) => end(`its output cannot be written: ${code}`))
  })
  try {
    const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()))
    copyOut(channel, (bytes) => log.stream(bytes, 'stdout'))
    copyOut(channel.stderr, (bytes) => log.stream(bytes, 'stderr'))
    copyIn(stdin, channel)
    const broken = session.ended.then((reason) => {
      throw new HostFault('lost', 'run', { reason })
    })
    broken.catch(() => undefined)
    const { code, signal } = await Promise.race([exit, broken, stopped])
    await Promise.race([closed, pause(lastWords)])
    if (code === null && signal === undefined)
      throw new HostFault('lost', 'exit', { reason: 'it closed the channel without an exit code' })
    return code ?? 128 + numberOf(signal ?? '')
  } finally {
    for (const back of undo) back?.()
    stdin.unpipe()
    stdin.pause()
  }
}

const lastWords = 1000

/** ssh tells signals by their names without SIG. */
function numberOf(signal: string): number {
  const name = `SIG${signal.replace(/^SIG/, '')}`
  return constants.signals[name as NodeJS.Signals] ?? 0
}

function copyOut(stream: Readable, print: (bytes: Buffer) => Promise<void>): void {
  stream.on('data', (bytes: Buffer) => {
    stream.pause()
    print(bytes).finally(() => stream.resume())
  })
}

function copyIn(stdin: Readable, channel: ClientChannel): void {
  stdin.on('error', () => channel.end())
  stdin.pipe(channel)
}
