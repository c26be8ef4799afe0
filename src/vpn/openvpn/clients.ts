import { canonicalAddress, familyOf } from '../../address.ts'
import type { Argv, CommandStep } from '../../plan/step.ts'
import type { Reading } from '../reading.ts'

/** One live certificate. A node has two until the newer is first used, both with the same addresses. */
export interface TunnelClient {
  certificate: string
  /** The node's inner addresses, one of each family at most. */
  addresses: readonly string[]
}

/** What lies in the folder: the content of each file by its name; an empty file is there with no content. */
export type ObservedClients = ReadonlyMap<string, string>

export interface ClientsPlan {
  adding: CommandStep[]
  /** No new connection from here on; who is connected is ended by the management interface. */
  removing: CommandStep[]
}

/** However many they are, they come and go by one command: after a reboot all of them are to be there within a moment. */
export function planClients(
  folder: string,
  wanted: readonly TunnelClient[],
  observed: ObservedClients,
): ClientsPlan {
  const files = new Map(wanted.map((client) => [fileName(client), renderClient(client)]))
  if (files.size !== wanted.length) throw new Error('a certificate is wanted twice')
  const missing = [...files].filter(([name, content]) => observed.get(name) !== content)
  const surplus = [...observed].filter(([name]) => !files.has(name))
  const before = missing.flatMap(([name]): [string, string][] => {
    const content = observed.get(name)
    return content === undefined ? [] : [[name, content]]
  })
  const fresh = missing.filter(([name]) => !observed.has(name))
  return {
    adding: steps('let certificates in', writing(folder, missing), [
      removing(folder, fresh),
      writing(folder, before),
    ]),
    removing: steps('let certificates in no more', removing(folder, surplus), [
      writing(folder, surplus),
    ]),
  }
}

type Files = readonly (readonly [name: string, content: string])[]

interface Change {
  argv: Argv
  input: string
}

function steps(reason: string, change: Change, undo: readonly Change[]): CommandStep[] {
  if (change.input === '') return []
  return [{ kind: 'command', reason, ...change, undo: undo.filter(({ input }) => input !== '') }]
}

/** Each is whole when OpenVPN first sees it: written in a folder beside the others, then moved. */
function writing(folder: string, files: Files): Change {
  const script = [
    'umask 022; new="$1/.new"; tab="$(printf "\\t")"',
    'rm -rf "$new" && mkdir "$new" || exit',
    'while IFS="$tab" read -r name text; do printf %b "$text" >"$new/$name" || exit; done',
    'find "$new" -type f -exec mv -f -t "$1" {} + && rmdir "$new"',
  ].join('\n')
  const lines = files.map(([name, content]) => `${name}\t${escaped(content)}\n`)
  return { argv: ['sh', '-c', script, 'sh', folder], input: lines.join('') }
}

function removing(folder: string, files: Files): Change {
  const script = 'cd "$1" && xargs -d "\\n" rm -f --'
  return {
    argv: ['sh', '-c', script, 'sh', folder],
    input: files.map(([name]) => `${name}\n`).join(''),
  }
}

/** As printf takes it back. */
function escaped(content: string): string {
  return content.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** A mask of 32 bits, or the whole range of the pool would land on this tunnel. */
export function renderClient({ addresses }: TunnelClient): string {
  const lines = addresses.map((text) => {
    const address = canonicalAddress(text)
    return familyOf(address) === 'ipv4'
      ? `ifconfig-push ${address} 255.255.255.255\n`
      : `ifconfig-ipv6-push ${address}/128 ${address}\n`
  })
  const families = new Set(addresses.map(familyOf))
  if (lines.length === 0 || families.size !== lines.length)
    throw new Error(`not the addresses of one node: "${addresses.join(' ')}"`)
  return lines.join('')
}

/** Both of a folder that may not be there. Files that only begin, of a writer at work, are none. */
export function clientsReadings(folder: string): Record<'names' | 'contents', Reading> {
  const names = ['find', folder, '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\n'] as const
  return {
    names: { argv: names, tolerate: [1] },
    contents: { argv: ['grep', '-r', '-s', '', '--', folder], tolerate: [1, 2] },
  }
}

export function parseClients(
  folder: string,
  { names, contents }: Record<'names' | 'contents', string>,
): ObservedClients {
  const files = new Map(
    names
      .split('\n')
      .filter((name) => name !== '' && !name.startsWith('.'))
      .map((name) => [name, '']),
  )
  for (const line of contents.split('\n')) {
    const [, name = '', text = ''] = /^([^:]*):(.*)$/.exec(line.slice(folder.length + 1)) ?? []
    const before = files.get(name)
    if (before !== undefined) files.set(name, `${before}${text}\n`)
  }
  return files
}

/** The name of the file is all that lets a certificate in, so nothing but an id becomes one. */
function fileName({ certificate }: TunnelClient): string {
  if (!/^[4-7][0-9a-f]{31}$/.test(certificate))
    throw new Error(`not the id of a certificate: "${certificate}"`)
  return certificate
}
