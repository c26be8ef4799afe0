import { contains, overlaps, parseAddress, parsePrefix } from '../../address.ts'
import { DynfarmError } from '../../errors.ts'
import type { NodeAnswer, Reach } from './reach.ts'

/** The networks that a machine has without dynfarm. */
export interface OwnNetworks {
  /** With the device: `10.0.0.5/24` on `eth0`. */
  addresses: readonly { address: string; dev: string }[]
  /** Destinations of routes. */
  routes: readonly string[]
  gateways: readonly string[]
  resolvers: readonly string[]
}

interface Claim {
  network: string
  what: string
}

/**
 * A machine whose own network has an address of the centre's could reach only one of the two. So it is told, by
 * name, before anything is changed.
 */
export function refuseOverlap(answer: NodeAnswer, reach: Reach, own: OwnNetworks): void {
  const claims = [...claimsOf(reach), ...nodesOf(answer)]
  const found = [...overlapsWith(claims, own), ...tunnelsWithin(answer, reach)]
  if (found.length === 0) return
  throw new DynfarmError('networks-overlap', [...new Set(found)].join('; '), {
    details: { overlaps: found },
  })
}

function claimsOf({ through, closed }: Reach): Claim[] {
  return [...through, ...closed].map(({ to, what }) => ({ network: to, what }))
}

function nodesOf({ site }: NodeAnswer): Claim[] {
  return (site?.nodes ?? []).map((network) => ({ network, what: 'the inner addresses' }))
}

function overlapsWith(claims: readonly Claim[], own: OwnNetworks): string[] {
  const mine: [string, string][] = [
    ...own.addresses.map(({ address, dev }): [string, string] => [
      address,
      `this machine's "${address}" on "${dev}"`,
    ]),
    ...own.gateways.map((address): [string, string] => [address, `the gateway "${address}"`]),
    ...own.resolvers.map((address): [string, string] => [address, `the name server "${address}"`]),
    ...own.routes.map((to): [string, string] => [to, `the route to "${to}"`]),
  ]
  return mine.flatMap(([network, name]) =>
    claims
      .filter((claim) => isShared(claim.network, network))
      .map((claim) => `${name} overlaps with "${claim.network}" of the centre (${claim.what})`),
  )
}

/** Half of all addresses is a default route in two pieces, as VPN clients set it. */
function isShared(claim: string, own: string): boolean {
  const [theirs, mine] = [parsePrefix(claim), parsePrefix(own)]
  if (theirs === undefined || mine === undefined || mine.length <= 1) return false
  return overlaps(theirs, mine)
}

/** The outer packets of a tunnel would be led into the tunnel. */
function tunnelsWithin({ rungs }: NodeAnswer, { through }: Reach): string[] {
  const inside = through.flatMap(({ to, what }) => {
    const network = parsePrefix(to)
    return network === undefined ? [] : [{ network, what }]
  })
  return rungs.flat().flatMap(({ name, addresses }) =>
    addresses.flatMap((address) => {
      const end = parseAddress(address)
      const target = end && inside.find(({ network }) => contains(network, end))
      return target === undefined
        ? []
        : [`"${address}", where tunnel "${name}" leads, is an address of ${target.what} too`]
    }),
  )
}
