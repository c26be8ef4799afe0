import type { Profile } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { Feed, FeedNode, HostRecord } from '../../protocol/records.ts'
import type { HostName } from './host-config.ts'
import { servicesOf } from './site-rules.ts'

type Told = Pick<AnswerOf<'feed'>, 'nodes' | 'hosts'>

/**
 * What a host is told of the others. A hub knows all nodes, since any may come to it; a service host those that
 * may reach it, by name and address, and the hubs. Who waits for approval has no address yet.
 */
export function viewOf(
  { nodes, hosts }: Pick<Feed, 'nodes' | 'hosts'>,
  host: HostName & Pick<HostRecord, 'id'>,
  profile: Profile,
): Told {
  const placed = nodes.filter(({ slot }) => slot !== null)
  if (host.role === 'hub') return { nodes: placed.map(wholeNode), hosts: hosts.map(otherHost) }
  return {
    nodes: placed
      .filter((node) => servicesOf(profile, node).includes(host.name))
      .map((node) => ({ ...wholeNode(node), ...withoutKeys })),
    hosts: hosts.filter(({ id, role }) => role === 'hub' || id === host.id).map(otherHost),
  }
}

function wholeNode(node: FeedNode): Told['nodes'][number] {
  return { ...node, addresses: [...node.addresses], sshHostKeys: [...node.sshHostKeys] }
}

const withoutKeys = {
  certificate: null,
  previousCertificate: null,
  wireguardKey: null,
  sshHostKeys: [],
}

function otherHost(host: HostRecord): Told['hosts'][number] {
  const { id, role, name, certificate, previousCertificate, wireguardKey, revoked } = host
  return { id, role, name, certificate, previousCertificate, wireguardKey, revoked }
}
