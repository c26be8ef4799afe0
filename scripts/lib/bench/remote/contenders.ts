import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hosts, writeInventory } from './hosts.ts'

export interface Contender {
  name: string
  argv: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Exactly this many lines or bytes have to come out, or it did not do its work. */
  bytes?: number
}

const root = join(import.meta.dirname, '../../../..')
const node = join(root, 'node_modules/node/bin/node')
const width = 64
/** As wide as ssh2 goes without being held up by itself. */
const bareWidth = 16

interface Wanted {
  command: string
  count: number
}

export function dynfarm(hosts: Hosts, { command, count }: Wanted, more: string[] = []): Contender {
  const state = writeInventory(hosts, hosts.addresses(count))
  const argv = [
    join(root, 'dist/dynfarm'),
    'remote',
    'exec',
    '--state',
    state,
    '-i',
    hosts.identity,
  ]
  return {
    name: 'dynfarm',
    argv: [...argv, '-f', `${width}`, '-w', '@all', '-n', ...more, command],
    env: { DYNFARM_RUN: '/nowhere' },
  }
}

/** The floor: one process of ssh2 and nothing else. */
export function bare(hosts: Hosts, { command, count }: Wanted): Contender {
  const script = join(import.meta.dirname, 'bare.ts')
  const args = [hosts.identity, `${hosts.port}`, `${bareWidth}`, command]
  return { name: 'bare ssh2', argv: [node, script, ...args, ...hosts.addresses(count)] }
}

/** The others, with the algorithms of dynfarm or with their own; the quickest is the first. */
export function peers(
  hosts: Hosts,
  wanted: Wanted,
  kind: 'equal' | 'own',
): [Contender, ...Contender[]] {
  const { command, count } = wanted
  const config = hosts.configs[kind]
  const addresses = hosts.addresses(count)
  const list = join(hosts.folder, `hosts-${count}`)
  writeFileSync(list, `${addresses.join('\n')}\n`)
  const suffix = kind === 'own' ? ' (its own)' : ''
  return [
    {
      name: `pdsh${suffix}`,
      argv: ['pdsh', '-R', 'ssh', '-f', `${width}`, '-w', `^${list}`, command],
      env: { PDSH_SSH_ARGS: `-F ${config} %h` },
    },
    { ...clush(hosts, wanted, kind), name: `clush${suffix}` },
    {
      name: `pssh${suffix}`,
      argv: ['parallel-ssh', '-p', `${width}`, '-h', list, '-x', `-F ${config}`, command],
    },
  ]
}

export function clush(
  hosts: Hosts,
  { command, count }: Wanted,
  kind: 'equal' | 'own',
  more: string[] = [],
): Contender {
  const options = ['-f', `${width}`, '-o', `-F ${hosts.configs[kind]}`, ...more]
  const list = hosts.addresses(count).join(',')
  return { name: 'clush', argv: ['clush', ...options, '-n', '-w', list, command] }
}
