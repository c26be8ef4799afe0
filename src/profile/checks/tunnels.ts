import { type Draft, type DraftSite, entriesOf, itemsOf, ladderOf, type Partly } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { centreFile, listOf, type Tunnel } from '../types.ts'
import { repeated } from './repeated.ts'

/** No two tunnels listen in one place, and every ladder can be climbed. */
export function checkTunnels({ centre, sites }: Draft): Finding[] {
  return [
    ...sharedSockets(centre),
    ...portShares(centre),
    ...sites.flatMap((site) => [...repeatedRungs(site), ...unequalRungs(site, centre)]),
  ]
}

interface Socket {
  tunnel: string
  at: string
  port: string
}

function sharedSockets(centre: Draft['centre']): Finding[] {
  const sockets = entriesOf(centre.tunnels).flatMap((entry) => socketsOf(entry, centre))
  const clashes = repeated(sockets, ({ at, port }) => `${at} ${port}`)
  return [
    ...repeatedOnce(clashes).map(({ item, first }) => ({
      file: centreFile,
      path: ['tunnels', item.tunnel, 'port'],
      what: `tunnel "${first.tunnel}" has ${item.port} of this hub already`,
    })),
    ...socksClashes(centre, sockets),
  ]
}

function socksClashes({ hubs }: Draft['centre'], sockets: readonly Socket[]): Finding[] {
  return entriesOf(hubs).flatMap(([name, { socks, public: outer }]) => {
    const own = itemsOf<string>(outer).map(([, address]) => address)
    const first = sockets.find(({ at, port }) => own.includes(at) && port === `tcp/${socks}`)
    if (first === undefined) return []
    const what = `tunnel "${first.tunnel}" has ${first.port} of this hub already`
    return [{ file: centreFile, path: ['hubs', name, 'socks'], what }]
  })
}

/** A tunnel that clashes on both families of its hub is one problem. */
function repeatedOnce<T extends { item: Socket }>(clashes: readonly T[]): T[] {
  return [...new Map(clashes.map((clash) => [clash.item.tunnel, clash])).values()]
}

function socketsOf([name, tunnel]: [string, Partly<Tunnel>], { hubs }: Draft['centre']): Socket[] {
  const proto = protoOf(tunnel)
  if (tunnel.port === undefined || proto === undefined) return []
  const addresses = itemsOf<string>(tunnel.public ?? hubs?.[tunnel.hub ?? '']?.public)
  return addresses.map(([, at]) => ({ tunnel: name, at, port: `${proto}/${tunnel.port}` }))
}

function protoOf(tunnel: Partly<Tunnel>): 'udp' | 'tcp' | undefined {
  return tunnel.kind === 'openvpn' ? tunnel.proto : 'udp'
}

function portShares({ tunnels }: Draft['centre']): Finding[] {
  return entriesOf(tunnels).flatMap(([name, tunnel]) => {
    if (tunnel.kind !== 'openvpn' || tunnel.proto !== 'udp') return []
    if (tunnel['port-share'] === undefined) return []
    const path = ['tunnels', name, 'port-share']
    return [{ file: centreFile, path, what: 'only a tunnel with proto tcp shares its port' }]
  })
}

function repeatedRungs({ file, site }: DraftSite): Finding[] {
  return repeated(ladderOf(site), ({ name }) => name).map(({ item: { path, name } }) => ({
    file,
    path,
    what: `tunnel "${name}" is on the ladder twice`,
  }))
}

/** Equal tunnels only: nodes are spread over them, so all must do the same. */
function unequalRungs({ file, site }: DraftSite, { tunnels }: Draft['centre']): Finding[] {
  return itemsOf(site.tunnels).flatMap(([i, rung]) => {
    const kinds = listOf(rung).flatMap((name) => kindOf(tunnels?.[name ?? '']) ?? [])
    if (new Set(kinds).size < 2) return []
    const what = `a rung is of equal tunnels, these are ${kinds.join(' and ')}`
    return [{ file, path: ['tunnels', i], what }]
  })
}

function kindOf(tunnel: Partly<Tunnel> | undefined): string | undefined {
  return tunnel?.kind === 'openvpn' ? `openvpn ${tunnel.proto}` : tunnel?.kind
}
