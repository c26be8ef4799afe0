import { type Family, familyName, type Prefix, parseAddress } from '../../address.ts'
import { type Draft, entriesOf, itemsOf, type Partly } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { parseNetwork, slotsIn } from '../network.ts'
import { centreFile, type Hub, type Path, type Site } from '../types.ts'

/** A pair is one of each family, all speak the families of the inner network, and the slots fit. */
export function checkFamilies({ centre, sites }: Draft): Finding[] {
  const inner = familiesOf(centre.nodes)
  return [
    ...equalPair({ file: centreFile, path: ['nodes'], value: centre.nodes }),
    ...entriesOf(centre.hubs).flatMap(([name, hub]) => hubFamilies(name, hub, inner)),
    ...entriesOf(centre.services).flatMap(([name, { address }]) => {
      const path = ['services', name, 'address']
      return unreachable({ file: centreFile, path, value: address }, inner)
    }),
    ...sites.flatMap(({ file, site }) => [
      ...siteFamilies({ file, path: ['nodes'], value: site.nodes }, inner),
      ...siteFamilies({ file, path: ['jobs'], value: site.jobs }, inner),
      ...tooManySlots(file, site),
    ]),
  ]
}

/** `nodes:`, `inner:` and their like, and where they are written. */
interface Place {
  file: string
  path: Path
  value: string | readonly (string | undefined)[] | undefined
}

function hubFamilies(name: string, hub: Partly<Hub>, inner: readonly Family[]): Finding[] {
  const places = (['public', 'inner', 'local'] as const).map((key) => {
    return { file: centreFile, path: ['hubs', name, key], value: hub[key] }
  })
  const own = familiesOf(hub.inner)
  const lacking = inner.find((family) => own.length > 0 && !own.includes(family))
  return [
    ...places.flatMap(equalPair),
    ...foreign({ file: centreFile, path: ['hubs', name, 'inner'], value: hub.inner }, inner),
    ...(lacking === undefined ? [] : [lackingFamily(name, lacking)]),
  ]
}

function lackingFamily(hub: string, family: Family): Finding {
  const what = `an ${familyName(family)} address is missing, since the inner network has ${familyName(family)}`
  return { file: centreFile, path: ['hubs', hub, 'inner'], what }
}

function siteFamilies(place: Place, inner: readonly Family[]): Finding[] {
  return [...equalPair(place), ...foreign(place, inner)]
}

function equalPair({ file, path, value }: Place): Finding[] {
  const [one, other] = familiesOf(value)
  if (one === undefined || other === undefined || one !== other) return []
  return [{ file, path, what: `a pair is one IPv4 and one IPv6, both here are ${familyName(one)}` }]
}

function foreign({ file, path, value }: Place, inner: readonly Family[]): Finding[] {
  const family = familiesOf(value).find((own) => inner.length > 0 && !inner.includes(own))
  if (family === undefined) return []
  return [{ file, path, what: `this is ${familyName(family)}, which the inner network is not` }]
}

/** A service may have addresses besides, as long as nodes can reach one. */
function unreachable({ file, path, value }: Place, inner: readonly Family[]): Finding[] {
  const families = familiesOf(value)
  const [one] = families
  const isReachable = families.some((family) => inner.includes(family))
  if (isReachable || inner.length === 0 || one === undefined) return []
  return [{ file, path, what: `no node can reach it: the inner network has no ${familyName(one)}` }]
}

function tooManySlots(file: string, { nodes, limits }: Partly<Site>): Finding[] {
  const wanted = limits?.nodes ?? 0
  const small = networksOf(nodes).find((network) => slotsIn(network) < Math.max(1, wanted))
  if (small === undefined) return []
  const room = `${slotsIn(small)} nodes`
  if (wanted === 0) return [{ file, path: ['nodes'], what: `the range has room for ${room}` }]
  const what = `${wanted} nodes are more than the range holds, which is ${slotsIn(small)}`
  return [{ file, path: ['limits', 'nodes'], what }]
}

function networksOf(value: Place['value']): Prefix[] {
  return itemsOf<string>(value).flatMap(([, text]) => parseNetwork(text) ?? [])
}

function familiesOf(value: Place['value']): Family[] {
  const texts = itemsOf<string>(value).map(([, text]) => text)
  return texts.flatMap((text) => (parseNetwork(text) ?? parseAddress(text))?.family ?? [])
}
