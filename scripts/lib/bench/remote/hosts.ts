import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Hosts of one real sshd, each an address of loopback that only this machine has. */
export interface Hosts {
  folder: string
  port: number
  identity: string
  /** OpenSSH's configuration with the algorithms that dynfarm uses, and with those it comes with. */
  configs: Record<'equal' | 'own', string>
  addresses(count: number): string[]
  stop(): Promise<void>
}

export async function startHosts(folder: string): Promise<Hosts> {
  const [identity, hostKey] = [makeKey(folder, 'identity'), makeKey(folder, 'host')]
  const port = await freePort()
  const config = join(folder, 'sshd_config')
  writeFileSync(config, sshdConfig({ folder, hostKey, port }))
  const script = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$0"'
  const sshd = spawn('unshare', ['-m', 'sh', '-c', script, config], { stdio: 'ignore' })
  await answering(port)
  const known = join(folder, 'known_hosts')
  writeFileSync(known, `* ${publicKey(hostKey)}\n`)
  const client = { port, identity, known }
  return {
    folder,
    port,
    identity,
    configs: {
      equal: clientConfig(join(folder, 'equal'), client, equalAlgorithms),
      own: clientConfig(join(folder, 'own'), client, []),
    },
    addresses: (count) => addressesOf(count),
    stop: () => stop(sshd),
  }
}

/** What the inventory says of them. */
export function writeInventory({ folder, port }: Hosts, addresses: readonly string[]): string {
  const state = join(folder, `state-${addresses.length}`)
  const hostKeys = [publicKey(join(folder, 'host'))]
  const nodes = addresses.map((address, n) => ({
    ...{ name: `aruba-${n + 1}`, site: 'aruba', state: 'ready', labels: {} },
    ...{ addresses: [address], port, hostKeys },
  }))
  mkdirSync(join(state, 'remote'), { recursive: true })
  writeFileSync(
    join(state, 'remote', 'inventory.json'),
    JSON.stringify({ takenAt: Date.now(), nodes }),
  )
  return state
}

export function publicKey(path: string): string {
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}

/** In a network of this process alone, in the form that all take. */
function addressesOf(count: number): string[] {
  const second = 16 + (process.pid % 200)
  return Array.from({ length: count }, (_, n) => `127.${second}.${n >> 8}.${n & 255}`).map(
    (address) => address.replace(/\.0$/, '.255'),
  )
}

const equalAlgorithms = [
  'KexAlgorithms curve25519-sha256@libssh.org',
  'Ciphers aes128-gcm@openssh.com',
  'HostKeyAlgorithms ssh-ed25519',
  'PubkeyAcceptedAlgorithms ssh-ed25519',
]

function clientConfig(
  path: string,
  client: { port: number; identity: string; known: string },
  lines: readonly string[],
): string {
  const { port, identity, known } = client
  const common = [`Port ${port}`, `IdentityFile ${identity}`, 'IdentitiesOnly yes', 'User root']
  const trust = [`UserKnownHostsFile ${known}`, 'StrictHostKeyChecking yes', 'LogLevel ERROR']
  writeFileSync(path, [...common, ...trust, ...lines, ''].join('\n'))
  return path
}

function sshdConfig({ folder, hostKey, port }: { folder: string; hostKey: string; port: number }) {
  return [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', 'ListenAddress 0.0.0.0', `HostKey ${hostKey}`],
    ...[`AuthorizedKeysFile ${join(folder, 'identity.pub')}`, 'PidFile none', 'StrictModes no'],
    ...['UsePAM no', 'PermitRootLogin prohibit-password', 'MaxStartups 1000', 'SetEnv SHLVL=2', ''],
  ].join('\n')
}

function makeKey(folder: string, name: string): string {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path])
  return path
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0))
    })
  })
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isUp) return
    await sleep(50)
  }
  throw new Error('sshd does not answer')
}

async function stop(sshd: ChildProcess): Promise<void> {
  if (sshd.exitCode !== null) return
  const gone = new Promise((resolve) => sshd.once('exit', resolve))
  sshd.kill('SIGTERM')
  await gone
}
