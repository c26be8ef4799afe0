import { fixture } from '../join/centre.ts'
import type { Lab } from './lab.ts'
import type { LabHost } from './lab-host.ts'
import { type Packet, packet } from './packets.ts'

/** One packet that somebody sends past the rules of its own host. */
export interface Raid {
  /** Told when it arrives and should not, or the other way round. */
  what: string
  host: string
  device: string
  /** The card at the other end, where the device is no tunnel. */
  card?: string
  /** By the length of the packet it is known at the far end. */
  bytes: (length: number) => Buffer | Buffer[]
}

const least = 600
/** Fewer than what VXLAN puts around a packet, so that nothing outer is taken for something inner. */
const most = 50

/**
 * Lets hosts tell which lengths of packets came to them: behind all their other rules, or of `bare` ones whatever the
 * network brought.
 */
export async function keepWatch(hosts: readonly LabHost[], bare: readonly string[]): Promise<void> {
  const hook = (name: string) =>
    bare.includes(name) ? 'prerouting priority -350' : 'input priority 300'
  const ruleset = (name: string) => `table inet seen {
  set lengths { typeof meta length; flags dynamic; size 1000; }
  chain watch {
    type filter hook ${hook(name)}
    meta length ${least}-${least + most - 1} add @lengths { meta length }
  }
}`
  await Promise.all(
    hosts.map((host) => host.must(['nft', '-f', '-'], { input: ruleset(host.name) })),
  )
}

/** What of it arrived anywhere. */
export async function arrivals(
  lab: Lab,
  hosts: readonly LabHost[],
  raids: readonly Raid[],
): Promise<string[]> {
  if (raids.length > most) throw new Error(`no more than ${most} at once`)
  await Promise.all(
    hosts.map((host) => host.must(['nft', 'flush', 'set', 'inet', 'seen', 'lengths'])),
  )
  const numbered = raids.map((raid, at) => ({ ...raid, length: least + at }))
  const ways = Map.groupBy(numbered, ({ host, device, card }) => `${host} ${device} ${card}`)
  await Promise.all([...ways.values()].map((way) => send(lab, way)))
  const seen = await settled(hosts)
  return numbered.filter(({ length }) => seen.has(length)).map(({ what }) => what)
}

async function send(lab: Lab, way: readonly (Raid & { length: number })[]): Promise<void> {
  const [first] = way
  if (first === undefined) return
  const host = lab.host(first.host)
  const [link] = JSON.parse(await host.must(['ip', '-j', 'link', 'show', 'dev', first.device]))
  const input = way
    .flatMap(({ bytes, length }) => bytes(length))
    .map((one) => `${one.toString('hex')}\n`)
    .join('')
  const words = [
    first.device,
    String(link.ifindex),
    ...(first.card === undefined ? [] : [first.card]),
  ]
  await host.must(['perl', fixture('send-raw.pl'), ...words], { input })
}

/** Nothing has come for a while; how long that is decides nothing but what the controls would show. */
async function settled(hosts: readonly LabHost[]): Promise<Set<number>> {
  let before = -1
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    const seen = new Set((await Promise.all(hosts.map(lengthsAt))).flat())
    if (seen.size === before) return seen
    before = seen.size
  }
  throw new Error('packets go on coming')
}

async function lengthsAt(host: LabHost): Promise<number[]> {
  const told = await host.must(['nft', '-j', 'list', 'set', 'inet', 'seen', 'lengths'])
  const objects: { set?: { elem?: (number | { elem: { val: number } })[] } }[] =
    JSON.parse(told).nftables
  return objects.flatMap(({ set }) =>
    (set?.elem ?? []).map((one) => (typeof one === 'number' ? one : one.elem.val)),
  )
}

/** A datagram. */
export function plain(of: Omit<Packet, 'length'>): Raid['bytes'] {
  return (length) => packet({ ...of, length })
}
