import { canonicalAddress, parseAddress } from '../address.ts'
import type { FileStep } from '../plan/step.ts'
import { blockSteps } from './block-step.ts'
import type { Block, MarkedText } from './marked-text.ts'
import type { ObservedFile } from './observed.ts'
import type { HostLine, NodeNames } from './wanted.ts'

export interface HostsWanted {
  node: NodeNames
  hosts: readonly HostLine[]
}

export const HOSTS = '/etc/hosts'

/** The block of /etc/hosts, before all other lines, because the first line with a name or address counts. */
export function planHosts(
  wanted: HostsWanted | undefined,
  observed: ObservedFile | undefined,
): FileStep[] {
  const file = { path: HOSTS, reason: "the centre's names", mode: 0o644 }
  return blockSteps(file, observed, (text) => wanted && hostsBlock(wanted, text, observed))
}

function hostsBlock(
  { node, hosts }: HostsWanted,
  { foreign, at = 0, made }: MarkedText,
  observed: ObservedFile | undefined,
): Block {
  const aside = (line: string) => contradicts(line, node)
  const spared = foreign.filter(aside).flatMap((line) => withoutOwnNames(line, node))
  return {
    lines: [...hosts.map(renderLine), ...spared],
    at,
    made: observed === undefined ? 'file' : made,
    aside,
  }
}

export function renderLine({ address, names }: HostLine): string {
  return [address, ...names].join(' ')
}

/** It gives the node's own name another address, as 127.0.1.1 does on Debian. */
function contradicts(line: string, node: NodeNames): boolean {
  const { address, names } = parseLine(line)
  const own = node.addresses.map(canonicalAddress)
  return names.some((name) => isOwn(name, node)) && !own.includes(address)
}

/** The line's other names keep their address. */
function withoutOwnNames(line: string, node: NodeNames): string[] {
  const { address, names } = parseLine(line)
  const others = names.filter((name) => !isOwn(name, node))
  return others.length === 0 ? [] : [renderLine({ address, names: others })]
}

function isOwn(name: string, { name: short, fqdn }: NodeNames): boolean {
  return [short, fqdn].some((own) => own.toLowerCase() === name.toLowerCase())
}

function parseLine(line: string): HostLine {
  const [written = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/)
  const address = parseAddress(written) === undefined ? written : canonicalAddress(written)
  return { address, names }
}
