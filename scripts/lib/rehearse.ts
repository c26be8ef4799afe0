import { execFile, spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { makePair } from './ssh-pair.ts'

interface Stage {
  /** Where the commands run. */
  root: string
  /** Where files of the rehearsal may lie. */
  work: string
  /** The Node that will be packed: code caches fit only the very one that made them. */
  node: string
  bundle: string
}

/** Runs commands while building, so that the functions which they compile need no compiling later; then the rest. */
export async function rehearse(stage: Stage): Promise<void> {
  const host = await startHost(join(stage.work, 'rehearsal'))
  const commands = [
    ['check', 'configs'],
    ['--version'],
    ['relay-fetch'],
    ['site', 'hosts', '--config', 'configs'],
    ['--help'],
    ...host.commands,
    [],
  ]
  for (const words of commands) await run(words, stage)
  host.stop()
}

/** How a rehearsal ends does not matter: the tests say whether commands work. */
function run(words: readonly string[], { root, node, bundle }: Stage): Promise<void> {
  const args = [join(import.meta.dirname, 'main-record.cjs'), ...words]
  const env = { DYNFARM_BUNDLE: bundle, DYNFARM_RUN: '/nowhere', PATH: process.env['PATH'] }
  return new Promise((resolve) => {
    execFile(node, args, { cwd: root, env, timeout: 60_000 }, () => resolve())
  })
}

/** A node that stands in for those of `remote`; what it is told to run, it runs here. */
async function startHost(folder: string) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'remote'), { recursive: true })
  const [host, identity] = [makePair(), makePair()]
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', (context) => context.accept())
    client.on('session', (accept) =>
      accept().on('exec', (take, _, { command }) => {
        const channel = take()
        const shell = spawn('/bin/sh', ['-c', command])
        channel.pipe(shell.stdin.on('error', () => undefined))
        shell.stdout.pipe(channel, { end: false })
        shell.stderr.pipe(channel.stderr, { end: false })
        shell.once('close', (code) => {
          channel.exit(code ?? 1)
          channel.end()
        })
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const key = join(folder, 'identity')
  writeFileSync(key, identity.private, { mode: 0o600 })
  const known = { addresses: ['127.0.0.1'], port, hostKeys: [host.public], labels: {} }
  const node = { name: 'a-1', site: 'a', state: 'ready', ...known }
  writeFileSync(
    join(folder, 'remote/inventory.json'),
    JSON.stringify({ takenAt: 0, nodes: [node] }),
  )
  const options = ['--state', folder, '-i', key, '-w', '@all']
  const there = join(folder, 'there')
  return {
    commands: [
      ['remote', 'exec', ...options, '-n', 'echo ok'],
      ['remote', 'put', ...options, key, there],
      ['remote', 'get', ...options, there, join(folder, 'back')],
    ],
    stop: () => void server.close(),
  }
}
