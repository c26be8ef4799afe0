import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KnownNode, writeInventory } from '../../../../test/remote/ssh/support/exec.ts'
import { type Host, makeIdentity, startHost } from '../../../../test/remote/ssh/support/sshd.ts'

export interface Hosts {
  identity: string
  /** For dynfarm. */
  state: string
  hosts: readonly Host[]
  /** For everything that starts ssh: the names, and what is to be given with -F, by how they speak. */
  names: readonly string[]
  sshConfigs: Readonly<Record<'equal' | 'usual', string>>
  stop(): Promise<void>
}

/** As dynfarm speaks by itself. */
const equal = [
  'KexAlgorithms curve25519-sha256',
  'Ciphers aes128-gcm@openssh.com',
  'HostKeyAlgorithms ssh-ed25519',
]

/** What scp needs. */
const config = ['Subsystem sftp /usr/lib/openssh/sftp-server']

/** Real sshds on loopback, each with a file system of its own at /run. */
export async function startHosts(folder: string, count: number): Promise<Hosts> {
  const { path: identity } = makeIdentity(folder)
  const hosts: Host[] = []
  const stop = async () => {
    for (const host of hosts) await host.stop()
  }
  try {
    for (let n = 1; n <= count; n++) {
      const addresses = [`127.11.${Math.floor(n / 250)}.${(n % 250) + 1}`]
      hosts.push(await startHost(folder, { name: `lab-${n}`, addresses, config }))
    }
  } catch (error) {
    await stop()
    throw error
  }
  const state = writeInventory(
    folder,
    hosts.map(({ target }) => ({ target }) satisfies KnownNode),
  )
  const names = hosts.map(({ target }) => target.name)
  const sshConfigs = {
    equal: sshConfig(folder, hosts, { identity, lines: equal }),
    usual: sshConfig(folder, hosts, { identity, lines: [] }),
  }
  return { identity, state, hosts, names, sshConfigs, stop }
}

function sshConfig(
  folder: string,
  hosts: readonly Host[],
  { identity, lines }: { identity: string; lines: readonly string[] },
): string {
  const known = join(folder, 'known_hosts')
  const all = hosts.flatMap(({ target: { name, addresses, port, hostKeys } }) =>
    hostKeys.map((key) => ({ name, address: addresses[0] ?? '', port, key })),
  )
  const knownLines = all.map(({ address, port, key }) => `[${address}]:${port} ${key}\n`)
  writeFileSync(known, knownLines.join(''))
  const common = ['User root', `IdentityFile ${identity}`, 'IdentitiesOnly yes', 'BatchMode yes']
  const blocks = [
    ...all.map(({ name, address, port }) => [
      `Host ${name}`,
      `HostName ${address}`,
      `Port ${port}`,
    ]),
    ['Host *', ...common, `UserKnownHostsFile ${known}`, ...lines],
  ]
  const path = join(folder, `ssh_config.${lines.length === 0 ? 'usual' : 'equal'}`)
  writeFileSync(path, blocks.map((block) => `${block.join('\n  ')}\n`).join(''))
  return path
}

/** A file that does not shrink when it is squeezed, under a name of its own. */
export function makeFile(folder: string, { name, megabytes }: { name: string; megabytes: number }) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, Buffer.concat(Array.from({ length: megabytes }, randomMegabyte)))
  return path
}

function randomMegabyte(): Buffer {
  const bytes = Buffer.allocUnsafe(1e6)
  crypto.getRandomValues(bytes.subarray(0, 65_536))
  for (let at = 65_536; at < bytes.length; at += 65_536) {
    bytes.copy(bytes, at, 0, 65_536)
    bytes.writeDoubleLE(Math.random(), at)
  }
  return bytes
}
