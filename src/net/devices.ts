import { canonicalAddress, familyOf } from '../address.ts'
import type { CommandStep, UndoCommand } from '../plan/step.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { linkAddress } from './link-address.ts'
import { deviceName, identifier, newDeviceName, wholeNumber } from './names.ts'
import {
  type Device,
  type ForeignDevice,
  type GreLink,
  MARK,
  type ObservedDevice,
  type ObservedNetwork,
  type ShapingDevice,
  type VxlanLink,
  type WireguardDevice,
} from './network.ts'
import { restoreSettings } from './settings.ts'

export interface DevicePlan {
  adding: CommandStep[]
  /** Which device a step of these is for. */
  makes: ReadonlyMap<CommandStep, string>
  removing: CommandStep[]
  /** Devices that only their maker can bring back: last of all, when nothing can fail any more. */
  final: CommandStep[]
}

/** Expects that what devicesInTheWay names is gone from what was observed. */
export function planDevices(wanted: readonly Device[], observed: ObservedNetwork): DevicePlan {
  const names = new Set(wanted.map(({ name }) => name))
  const surplus = observed.devices.filter(({ name }) => !names.has(name))
  const makes = wanted.flatMap((device) =>
    planDevice(device, observed).map((step): [CommandStep, string] => [step, device.name]),
  )
  return {
    adding: makes.map(([step]) => step),
    makes: new Map(makes),
    removing: surplus.flatMap((device) =>
      isFilledElsewhere(device) ? quiet(device) : removeDevice(device, observed),
    ),
    final: surplus.filter(isFilledElsewhere).flatMap((device) =>
      ipSteps({
        reason: 'remove a device no longer wanted',
        lines: [{ line: `link del ${on(device)}` }],
      }),
    ),
  }
}

/** What is made here is empty: WireGuard's keys and peers, or the process behind it, are not for us to bring back. */
function isFilledElsewhere({ kind }: ObservedDevice): boolean {
  return kind === 'external' || kind === 'wireguard'
}

/** What must go before the wanted can come: another shape of the name, another name of the endpoints. */
export function devicesInTheWay(
  wanted: readonly Device[],
  observed: readonly ObservedDevice[],
): ObservedDevice[] {
  const shapes = new Map(wanted.map((device) => [device.name, device]))
  const present = new Set(observed.filter((it) => sameShape(shapes.get(it.name), it)))
  const claimed = new Set(
    wanted.flatMap((device) => {
      const stays = [...present].some(({ name }) => name === device.name)
      return stays ? [] : (endpoints(device) ?? [])
    }),
  )
  return observed.filter(
    (device) =>
      !present.has(device) && (shapes.has(device.name) || claimed.has(endpoints(device) ?? '')),
  )
}

export function removeDevice(device: ObservedDevice, observed: ObservedNetwork): CommandStep[] {
  const reason = 'remove a device no longer wanted'
  const argv = ['ip', 'link', 'del', 'dev', deviceName(device.name)] as const
  if (device.kind === 'external') return [{ kind: 'command', reason, argv }]
  return [{ kind: 'command', reason, argv, undo: bringBack(device, observed) }]
}

function planDevice(device: Device, observed: ObservedNetwork): CommandStep[] {
  const own = observed.devices.find(({ name }) => name === device.name)
  if (own !== undefined) return adjust(device, own)
  if (device.kind !== 'external') return create(device)
  const foreign = observed.foreign.devices.get(device.name)
  return foreign === undefined ? [] : adopt(device, foreign)
}

function create(device: Exclude<Device, { kind: 'external' }>): CommandStep[] {
  newDeviceName(device.name)
  const [first, ...more] = creation(device)
  const lines: IpLine[] = [
    { line: first, undo: [`link del ${on(device)}`] },
    ...more.map((line) => ({ line })),
    { line: `link set ${on(device)} up` },
  ]
  return ipSteps({ reason: purpose(device), lines })
}

function purpose(device: Device): string {
  if (device.kind === 'ifb') return 'limit of a site or of the hub'
  return device.kind === 'gre' || device.kind === 'vxlan'
    ? 'link to a service or hub'
    : 'device of a tunnel'
}

function adjust(device: Device, current: ObservedDevice): CommandStep[] {
  const mtu = device.mtu ?? current.mtu
  if (mtu === current.mtu && current.up) return []
  return ipSteps({
    reason: 'keep a device as it should be',
    lines: [
      {
        line: `link set ${on(device)} mtu ${wholeNumber(mtu)} up`,
        undo: [`link set ${on(device)} mtu ${current.mtu} ${current.up ? 'up' : 'down'}`],
      },
    ],
  })
}

function adopt(device: Device, { group, mtu, up }: ForeignDevice): CommandStep[] {
  const size = device.mtu === undefined ? '' : ` mtu ${wholeNumber(device.mtu)}`
  return ipSteps({
    reason: 'mark a tunnel as part of the farm',
    lines: [
      {
        line: `link set ${on(device)} group ${MARK}${size} up`,
        undo: [`link set ${on(device)} group ${group} mtu ${mtu} ${up ? 'up' : 'down'}`],
      },
    ],
  })
}

function quiet(device: ObservedDevice): CommandStep[] {
  if (!device.up) return []
  return ipSteps({
    reason: 'stop a device no longer wanted',
    lines: [{ line: `link set ${on(device)} down`, undo: [`link set ${on(device)} up`] }],
  })
}

function bringBack(
  device: Exclude<ObservedDevice, { kind: 'external' }>,
  observed: ObservedNetwork,
): UndoCommand[] {
  const lines = [...creation(device), ...(device.up ? [`link set ${on(device)} up`] : [])]
  return [
    { argv: ['ip', '-batch', '-'], input: lines.map((line) => `${line}\n`).join('') },
    ...restoreSettings(device.name, observed.sysctls),
  ]
}

function sameShape(wanted: Device | undefined, current: ObservedDevice): boolean {
  if (wanted === undefined) return false
  if (wanted.kind === 'external') return true
  return current.kind !== 'external' && shape(wanted) === shape(current)
}

/** All of a device that cannot be changed in place. */
function shape(device: Exclude<Device, { kind: 'external' }>): string {
  return creation({ ...device, mtu: 0 })[0]
}

/** What the kernel allows only one device to have. */
function endpoints(device: Device): string | undefined {
  if (device.kind === 'vxlan') return `vxlan ${device.id} ${device.port}`
  if (device.kind !== 'gre') return undefined
  const { local, remote, key } = device
  return `gre ${canonicalAddress(local)} ${canonicalAddress(remote)} ${key ?? 'unkeyed'}`
}

function creation(device: Exclude<Device, { kind: 'external' }>): [string, ...string[]] {
  if (device.kind === 'gre') return [createGre(device)]
  if (device.kind === 'vxlan') return [createVxlan(device)]
  if (device.kind === 'wireguard') return [`${begin(device)} type wireguard`]
  if (device.kind === 'ifb') return [`${begin(device)} txqueuelen ${QUEUE} type ifb`]
  const size = device.mtu ? ` mtu ${wholeNumber(device.mtu)}` : ''
  const user = device.user === undefined ? '' : ` user ${identifier(device.user)}`
  return [`tuntap add ${on(device)} mode tun${user}`, `link set ${on(device)} group ${MARK}${size}`]
}

/** The fixed hop limit keeps a link that is routed into itself from looping for ever. */
function createGre(link: GreLink): string {
  const key = link.key === undefined ? '' : ` key ${wholeNumber(link.key)}`
  const type =
    familyOf(link.local) === 'ipv4'
      ? `type gre ${ends(link)}${key} ttl 64`
      : `type ip6gre ${ends(link)}${key} hoplimit 64 encaplimit none`
  return `${begin(link)} ${type}${through(link)}`
}

/** Without learning: a forged source address cannot draw the link's traffic elsewhere. */
function createVxlan(link: VxlanLink): string {
  const identity = `id ${wholeNumber(link.id)} dstport ${wholeNumber(link.port)}`
  const address = linkAddress(link)
  return `${begin(link)} address ${address} type vxlan ${identity} ${ends(link)} ttl 64 nolearning${through(link)}`
}

/** So many packets of a node wait for their turn. */
const QUEUE = 512

function begin({ name, mtu }: GreLink | VxlanLink | WireguardDevice | ShapingDevice): string {
  return `link add name ${deviceName(name)} group ${MARK} mtu ${wholeNumber(mtu)}`
}

function ends({ local, remote }: GreLink | VxlanLink): string {
  return `local ${canonicalAddress(local)} remote ${canonicalAddress(remote)}`
}

function through({ dev }: GreLink | VxlanLink): string {
  return dev === undefined ? '' : ` dev ${deviceName(dev)}`
}

function on({ name }: Device): string {
  return `dev ${deviceName(name)}`
}
