import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../../../src/remote/session/target.ts'
import { freePort } from '../../../fakes/port.ts'

export interface HostOptions {
  name: string
  addresses: readonly string[]
  /** Any free one, unless it must be known beforehand. */
  port?: number
  /** Lines of sshd_config that replace the usual ones. */
  config?: readonly string[]
}

export interface Host {
  target: Target
  /** Its sshd, the parent of all its sessions. */
  pid: number
  stop(): Promise<void>
}

/** The key that every host takes. */
export function makeIdentity(folder: string): { path: string; text: string } {
  const path = makeKey(folder, 'identity')
  return { path, text: readFileSync(path, 'utf8') }
}

/** A real sshd on loopback, with its own host key and, in a mount namespace, its own /run. */
export async function startHost(folder: string, options: HostOptions): Promise<Host> {
  const { name, addresses, config = [] } = options
  const home = join(folder, name)
  mkdirSync(home, { recursive: true })
  const key = makeKey(home, 'host')
  const port = options.port ?? (await freePort(addresses[0]))
  const lines = [...addresses.map((each) => `ListenAddress ${each}`), ...usual(folder, key, port)]
  const isReplaced = (line: string) =>
    config.some((own) => own.split(' ')[0] === line.split(' ')[0])
  const kept = lines.filter((line) => !isReplaced(line))
  writeFileSync(join(home, 'sshd_config'), [...config, ...kept, ''].join('\n'))
  const script = `mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$0"`
  const log = { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] }
  const sshd = spawn('unshare', ['-m', 'sh', '-c', script, join(home, 'sshd_config')], log)
  const said: Buffer[] = []
  sshd.stderr.on('data', (bytes: Buffer) => said.push(bytes))
  await answering(addresses[0] ?? '', port, sshd).catch((error) => {
    throw new Error(`${error.message}: ${Buffer.concat(said)}`)
  })
  const hostKeys = [publicKey(key)]
  return {
    target: { name, addresses, port, hostKeys, hasChangedKeys: false },
    pid: sshd.pid ?? 0,
    stop: () => stop(sshd),
  }
}

function usual(folder: string, key: string, port: number): string[] {
  return [
    `Port ${port}`,
    `HostKey ${key}`,
    `AuthorizedKeysFile ${join(folder, 'identity.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 200',
    // Keeps bash from the start-up file of whoever runs the tests.
    'SetEnv SHLVL=2',
  ]
}

export function makeKey(folder: string, name: string): string {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path])
  chmodSync(path, 0o600)
  return path
}

export function publicKey(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}

async function answering(address: string, port: number, sshd: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (sshd.exitCode !== null) throw new Error(`sshd ended with ${sshd.exitCode}`)
    if (await answers(address, port)) return
    await sleep(50)
  }
  throw new Error('sshd does not answer')
}

function answers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port })
    socket.once('data', () => resolve(true)).once('error', () => resolve(false))
    socket.once('data', () => socket.destroy())
  })
}

async function stop(sshd: ChildProcess): Promise<void> {
  if (sshd.exitCode !== null || sshd.signalCode !== null) return
  const gone = new Promise((resolve) => sshd.once('exit', resolve))
  sshd.kill('SIGTERM')
  await gone
}
