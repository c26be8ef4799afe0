import type { Effective } from './effective.ts'
import { adminOf, contentOf } from './lookup.ts'
import { type Origin, within } from './origin.ts'
import { findNode, type NodeContext, type NodeWanted } from './resolve/context.ts'
import { resolveCustom } from './resolve/custom.ts'
import { type HostsByName, hostLines, readHosts } from './resolve/hosts.ts'
import { type Layer, type Merged, mergeLayers, nothing } from './resolve/merge.ts'
import { resolveReach } from './resolve/reach.ts'
import { centreFile, listOf, type Profile, siteFile } from './types.ts'

/** What follows from a profile for one node: from the centre's defaults, its site, its class and its slot. */
export function resolveNode(profile: Profile, wanted: NodeWanted): Effective {
  const context = findNode(profile, wanted)
  const merged = mergeLayers(layersOf(context))
  const reach = resolveReach(context)
  return {
    ...resolvePlace(context),
    ...reach,
    hosts: resolveHosts(context, allHosts(reach.services, merged)),
    ...resolveCustom(context, context.kind === 'job' ? nothing : merged),
    admins: context.kind === 'job' ? [] : resolveAdmins(profile),
    ...resolveUpkeep(context),
  }
}

function layersOf({ profile, site, class: ofClass }: NodeContext): Layer[] {
  const file = siteFile(site.site)
  const layers = [
    { says: profile.centre.defaults, origin: { file: centreFile, path: ['defaults'] } },
    { says: site, origin: { file, path: [] } },
    ...(ofClass ? [{ says: ofClass.says, origin: { file, path: ['classes', ofClass.name] } }] : []),
  ]
  return layers.map((layer, rank) => ({ ...layer, rank: rank + 1 }))
}

function resolvePlace(context: NodeContext): Pick<Effective, 'centre' | 'node' | 'site'> {
  const { profile, site, identity, class: ofClass, kind } = context
  const { centre, domain, nodes } = profile.centre
  return {
    centre: {
      value: { name: centre, domain, nodes: listOf(nodes) },
      origin: { file: centreFile, path: ['centre'] },
    },
    node: {
      value: { ...identity, ...(ofClass && { class: ofClass.name }) },
      origin: inSite(context, kind === 'job' ? 'jobs' : 'nodes'),
    },
    site: {
      value: { nodes: listOf(site.nodes), 'node-to-node': site['node-to-node'] },
      origin: inSite(context, 'nodes'),
    },
  }
}

/** The node's own lines come first, and no other line may have its names. */
function resolveHosts(context: NodeContext, others: HostsByName): Effective['hosts'] {
  const { name, fqdn, addresses } = context.identity
  const own = addresses.map((address) => ({
    value: { address, names: [fqdn, name] },
    origin: inSite(context, context.kind === 'job' ? 'jobs' : 'nodes'),
  }))
  const rest = [...others].filter(([key]) => key !== name && key !== fqdn)
  return [...own, ...hostLines(new Map(rest))]
}

/** The services' names are the first layer, so a site can say otherwise. */
function allHosts(services: Effective['services'], merged: Merged): HostsByName {
  return new Map([...services.flatMap((service) => [...serviceHosts(service)]), ...merged.hosts])
}

function serviceHosts({ value, origin }: Effective['services'][number]): HostsByName {
  const hosts = Object.fromEntries(value.addresses.map((address) => [address, value.names]))
  return readHosts({ hosts, rank: 0, originOf: () => within(origin, 'names') })
}

function resolveAdmins(profile: Profile): Effective['admins'] {
  const names = Object.keys(profile.centre.admins).sort()
  return names.map((name) => {
    const key = contentOf(profile, adminOf(profile, name).key)
    return {
      value: { name, key: Buffer.from(key).toString('utf8').trim() },
      origin: { file: centreFile, path: ['admins', name] },
    }
  })
}

/** What the server and the hubs go by, and the node must know of. */
function resolveUpkeep(context: NodeContext): Pick<Effective, 'release' | 'relay'> {
  const { release, relay } = context.site
  return {
    release: { value: release, origin: inSite(context, 'release') },
    ...(relay && { relay: { value: relay, origin: inSite(context, 'relay') } }),
  }
}

function inSite({ site }: NodeContext, key: string): Origin {
  return { file: siteFile(site.site), path: [key] }
}
