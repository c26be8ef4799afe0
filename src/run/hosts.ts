import { planHosts } from '../site/hosts.ts'
import type { HostLine, NodeNames } from '../site/wanted.ts'

/** /etc/hosts for one job: that of the machine, and the centre's names before it, as on a node. */
export function hostsFor(node: NodeNames, hosts: readonly HostLine[], machine: string): Uint8Array {
  const content = Buffer.from(machine, 'latin1')
  const [step] = planHosts({ node, hosts }, { content, mode: 0o644, uid: 0, gid: 0 })
  const planned = step?.content
  return planned instanceof Uint8Array ? planned : content
}

/** slirp4netns asks the machine's own name servers for who asks it. */
const RESOLVER = '10.0.2.3'

/** The machine's own name servers may be on its loopback, which is not the job's. */
export function resolvFor(
  machine: string,
  route: 'split' | 'all',
  resolver: string = RESOLVER,
): string {
  const others = machine.split('\n').filter((line) => line !== '' && !/^\s*nameserver\b/.test(line))
  const servers = route === 'split' ? [`nameserver ${resolver}`] : []
  return [...servers, ...others].map((line) => `${line}\n`).join('')
}
