import { tlsCryptClientKey, tlsCryptSharedKey } from '../../pki/tls-crypt.ts'
import { type NodeConfig, plainConfig } from '../../profile/effective.ts'
import { resolveNode } from '../../profile/resolve.ts'
import type { Facts } from '../../profile/template.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { renderPosition } from '../../protocol/position.ts'
import type { HostRecord } from '../../protocol/records.ts'
import type { Server } from '../server.ts'
import type { Applicant } from './applicant.ts'
import type { Enrolled, EnrolledHost } from './enrolled.ts'
import { withoutLimits } from './places.ts'
import { offerRelease } from './release-offer.ts'
import { siteConfig } from './site-config.ts'
import { hubAt, type Surroundings } from './surroundings.ts'

type Answer = AnswerOf<'join'>

export interface Composing {
  readonly applicant: Applicant
  readonly around: Surroundings
  readonly server: Server
  readonly certificate: string
}

/** All that one node needs, and nothing that is another's. */
export function nodeAnswer({ node, position }: Enrolled, composing: Composing): Answer {
  const { around, server, applicant } = composing
  const config = configOf(node, composing)
  const rungs = sentRungs(config, around, secretsOf(node.id, server))
  const hubs = rungs.flat().map(({ hub }) => hub)
  const release = offerRelease(around.releases, applicant.request, config.release)
  return {
    ...common(composing),
    time: server.now(),
    position: renderPosition(position),
    node: {
      id: node.id,
      role: node.role,
      name: config.node.name,
      fqdn: config.node.fqdn,
      site: node.site,
      class: node.class,
      slot: config.node.slot,
      addresses: [...node.addresses],
      ...(node.state === 'quarantined' && { quarantined: true }),
    },
    hubs: config.hubs
      .filter(({ name }) => hubs.includes(name))
      .map((hub) => sentHub(hub, around.hosts)),
    rungs,
    services: config.services.map(sentService),
    site: siteConfig(config),
    ...(release && { release }),
  }
}

/** What a host of the centre needs besides comes by the feed. */
export function hostAnswer({ host, position }: EnrolledHost, server: Server): Answer {
  const { id, role, name, certificatePem: certificate } = host
  return {
    ...common({ certificate, server }),
    time: server.now(),
    position: renderPosition(position),
    host: { id, role, name },
    hubs: [],
    rungs: [],
    services: [],
  }
}

function common({ certificate, server: { keys } }: Pick<Composing, 'certificate' | 'server'>) {
  const { hub, node } = keys.authorities
  return {
    certificate,
    authorities: { hub: hub.certificate, node: node.certificate },
    pins: { server: [...keys.pins], release: keys.releaseKey, rotations: [...keys.rotations] },
  }
}

function configOf(node: Enrolled['node'], { applicant, around }: Composing): NodeConfig {
  const effective = resolveNode(withoutLimits(around.profile), {
    site: node.site,
    slot: node.slot ?? 0,
    kind: node.role,
    facts: templateFacts(applicant),
    ...(node.class !== null && { class: node.class }),
  })
  return plainConfig(effective)
}

function templateFacts({ request: { facts, identity }, source }: Applicant): Facts {
  const number = (value: number | undefined) => (value === undefined ? '' : String(value))
  return {
    'fact.hostname': facts.hostname,
    'fact.machine-id': identity.machineId ?? '',
    'fact.instance-id': identity.instanceId ?? '',
    'fact.image': facts.image ?? '',
    'fact.address': source.address,
    'fact.os': facts.os ?? '',
    'fact.os-version': facts.osVersion ?? '',
    'fact.kernel': facts.kernel ?? '',
    'fact.architecture': facts.architecture ?? '',
    'fact.cpus': number(facts.cpus),
    'fact.memory': number(facts.memory),
  }
}

type Rung = Answer['rungs'][number][number]
type Secrets = Pick<Rung, 'tlsCrypt' | 'tlsCryptShared'>

/** By what an OpenVPN tunnel answers this node, whichever version it has. */
function secretsOf(node: string, { keys: { linkSecret } }: Server) {
  return (tunnel: string): Secrets => ({
    tlsCrypt: tlsCryptClientKey(linkSecret, { tunnel, node }),
    tlsCryptShared: tlsCryptSharedKey(linkSecret, tunnel),
  })
}

/** Without the tunnels that end nowhere yet. */
function sentRungs(
  { tunnels }: NodeConfig,
  around: Surroundings,
  secrets: (tunnel: string) => Secrets,
): Answer['rungs'] {
  const rungs = tunnels.map((rung) => rung.filter(({ name }) => hubAt(around, name) !== undefined))
  return rungs
    .filter((rung) => rung.length > 0)
    .map((rung) =>
      rung.map((end) => ({
        ...{ ...end, addresses: [...end.addresses] },
        ...(end.kind === 'openvpn' ? secrets(end.name) : { tlsCrypt: null }),
      })),
    )
}

function sentHub(
  { name, inner, socks }: NodeConfig['hubs'][number],
  hosts: readonly HostRecord[],
): Answer['hubs'][number] {
  const host = hosts.find((one) => one.role === 'hub' && one.name === name)
  if (host === undefined) throw new Error(`hub "${name}" is on a rung and has not enrolled`)
  return {
    name,
    inner: [...inner],
    certificate: host.certificatePem,
    wireguard: host.wireguardKey,
    ...(socks && { socks: { ...socks, addresses: [...socks.addresses] } }),
  }
}

function sentService(service: NodeConfig['services'][number]): Answer['services'][number] {
  const { name, addresses, names, 'from-nodes': from, 'to-nodes': to } = service
  return {
    name,
    addresses: [...addresses],
    names: [...names],
    'from-nodes': [...from],
    'to-nodes': to === 'any' ? to : [...to],
  }
}
