import { createHash } from 'node:crypto'
import { resolveNode } from '../../profile/resolve.ts'
import { listOf, type Profile } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { HostRecord, NodeReach } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { Handlers, Person } from '../call.ts'
import { textIn } from './node-answer.ts'
import { onlySite, personOf } from './person.ts'

type Answer = AnswerOf<'remoteInventory'>
type Node = NonNullable<Answer['nodes']>[number]
type Hub = NonNullable<Answer['hubs']>[number]

export const inventoryHandlers = {
  remoteInventory: async ({ caller, query }, { store, profile: current, now }) => {
    const [person, profile] = [personOf({ caller }), current()]
    return store.read(async (reads) => {
      const tag = await tagOf(reads, person, profile)
      const head = { time: now(), tag, rank: person.kind }
      if (query.known === tag) return head
      const hosts = await reads.hosts.list({ role: 'hub' })
      const nodes = await reads.nodes.reaches(onlySite(person))
      return { ...head, nodes: nodes.map(labelled(profile)), hubs: hubsOf(profile, hosts) }
    })
  },
} satisfies Handlers

/** Changes with whatever decides where a command goes; not with sightings, which come every few seconds. */
async function tagOf(reads: Reads, { site, kind }: Person, profile: Profile): Promise<string> {
  const { epoch, generation } = await reads.feed.position()
  const parts = [
    epoch,
    generation,
    site,
    kind,
    profileTag(profile),
    await reads.nodes.changedKeys(),
  ]
  return sha256(parts)
}

/** Profiles are never changed, so each is looked through once. */
const tags = new WeakMap<Profile, string>()

function profileTag(profile: Profile): string {
  const { centre, sites } = profile
  const tag = tags.get(profile) ?? sha256([centre.hubs, centre.defaults, [...sites]])
  tags.set(profile, tag)
  return tag
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

function labelled(profile: Profile): (node: NodeReach) => Node {
  const known = new Map<string, Record<string, string>>()
  return (node) => {
    const group = `${node.site}/${node.class ?? ''}`
    const labels = known.get(group) ?? labelsOf(profile, node)
    known.set(group, labels)
    return renderNode(node, labels)
  }
}

/** Its class, and what the profile says; of a site that is not configured any more that is nothing. */
function labelsOf(profile: Profile, node: NodeReach): Record<string, string> {
  const site = profile.sites.get(node.site)
  const own = node.class === null ? {} : { class: node.class }
  if (site === undefined) return own
  const isKnown = node.class !== null && Object.hasOwn(site.classes, node.class)
  const wanted = { site: site.site, slot: 1, ...(isKnown && { class: node.class ?? '' }) }
  const { labels } = resolveNode(profile, wanted)
  return { ...own, ...Object.fromEntries(labels.map(({ value }) => [value.name, value.value])) }
}

function renderNode(node: NodeReach, labels: Record<string, string>): Node {
  const { name, site, class: ofClass, state, addresses, report, health, lastSeen } = node
  return {
    ...{ name: name ?? '', site, class: ofClass, state, labels, lastSeen },
    addresses: [...addresses],
    hostKeys: [...node.sshHostKeys],
    changedHostKeys: node.changedSshHostKeys && [...node.changedSshHostKeys],
    rung: textIn(health, 'rung') ?? textIn(report, 'rung'),
    version: textIn(report, 'version'),
  }
}

/** A hub's keys are those of its join; one that has not joined is not gone through. */
function hubsOf({ centre }: Profile, hosts: readonly HostRecord[]): Hub[] {
  return hosts.flatMap(({ name, revoked, sshHostKeys }) => {
    const hub = Object.hasOwn(centre.hubs, name) ? centre.hubs[name] : undefined
    if (hub === undefined || revoked !== null) return []
    const addresses = new Set([...listOf(hub.public), ...listOf(hub.local)])
    return [{ name, addresses: [...addresses], hostKeys: [...sshHostKeys] }]
  })
}
