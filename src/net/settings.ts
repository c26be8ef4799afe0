import type { CommandStep, UndoCommand } from '../plan/step.ts'
import { deviceName } from './names.ts'
import type { DeviceSettings, ObservedNetwork } from './network.ts'

type Sysctls = ReadonlyMap<string, string>

interface Setting {
  path: string
  value: string
}

const IPV6_FORWARDING = 'net/ipv6/conf/all/forwarding'

/** All that a plan may change, on every device. */
const settingNames = ['forwarding', 'force_forwarding', 'accept_ra', 'rp_filter']

/** PATH:VALUE, a line each. sysctl would read everything there is to find these few, ten times as long. */
export const settingsReading = [
  'sh',
  '-c',
  `cd /proc/sys; grep -sH . ${settingNames.map((name) => `net/ipv[46]/conf/*/${name}`).join(' ')}; exit 0`,
] as const

/** One Step for all, so that its undo can set them in the one order that brings every value back. */
export function planSettings(
  wanted: readonly DeviceSettings[],
  { sysctls }: ObservedNetwork,
): CommandStep[] {
  const ofDevices = wanted.flatMap((settings) => deviceSettings(settings, sysctls))
  const settings = [...ofDevices, ...ipv6Forwarding(wanted, sysctls)]
  const changes = settings.filter(({ path, value }) => sysctls.get(path) !== value)
  if (changes.length === 0) return []
  const undo = sysctl(previous(changes, sysctls))
  const [command] = sysctl(changes)
  if (command === undefined) return []
  const reason = 'forwarding and source checks, device by device'
  return [{ kind: 'command', reason, ...command, ...(undo.length > 0 && { undo }) }]
}

/** The other way, of devices that forwarded nothing before; IPv6 also where all of them do or none. */
export function planNoForwarding(
  { ipv4, ipv6, uplinks }: { ipv4: readonly string[]; ipv6: boolean; uplinks: readonly string[] },
  { sysctls }: Pick<ObservedNetwork, 'sysctls'>,
): CommandStep[] {
  const paths = [
    ...ipv4.map((dev) => `net/ipv4/conf/${deviceName(dev)}/forwarding`),
    ...(ipv6 ? uplinks.map((dev) => `net/ipv6/conf/${deviceName(dev)}/force_forwarding`) : []),
    ...(ipv6 ? [IPV6_FORWARDING] : []),
  ]
  const changes = paths.filter((path) => sysctls.get(path) === '1')
  const reason = 'forward nothing any more'
  return sysctl(changes.map((path) => ({ path, value: '0' }))).map((command) => ({
    ...{ kind: 'command', reason, ...command },
  }))
}

/** For a device that was removed and is made again. */
export function restoreSettings(device: string, sysctls: Sysctls): UndoCommand[] {
  return sysctl(
    [...sysctls]
      .filter(([path]) => deviceOf(path) === device)
      .map(([path, value]) => ({ path, value })),
  )
}

export function deviceOf(path: string): string | undefined {
  return /^net\/ipv[46]\/conf\/(.+)\/[a-z_]+$/.exec(path)?.[1]
}

function deviceSettings(
  { dev, rpFilter, acceptRa, forward = [] }: DeviceSettings,
  sysctls: Sysctls,
): Setting[] {
  const [v4, v6] = [`net/ipv4/conf/${deviceName(dev)}`, `net/ipv6/conf/${dev}`]
  const isChecked = (sysctls.get('net/ipv4/conf/all/rp_filter') ?? '0') !== '0'
  const filter = rpFilter === 0 && isChecked ? 2 : rpFilter
  return [
    ...(filter === undefined ? [] : [{ path: `${v4}/rp_filter`, value: String(filter) }]),
    ...(acceptRa === undefined ? [] : [{ path: `${v6}/accept_ra`, value: String(acceptRa) }]),
    ...(forward.includes('ipv4') ? [{ path: `${v4}/forwarding`, value: '1' }] : []),
  ]
}

/** From Linux 6.17 on per device; before, IPv6 forwards everywhere or nowhere. */
function ipv6Forwarding(wanted: readonly DeviceSettings[], sysctls: Sysctls): Setting[] {
  const devices = wanted.filter(({ forward = [] }) => forward.includes('ipv6'))
  if (devices.length === 0) return []
  if (sysctls.has('net/ipv6/conf/all/force_forwarding')) {
    return devices.map(({ dev }) => ({ path: `net/ipv6/conf/${dev}/force_forwarding`, value: '1' }))
  }
  return [...keepRouterAdvertisements(wanted, sysctls), { path: IPV6_FORWARDING, value: '1' }]
}

/** A host that learns its default route by advertisement would lose it when it begins to forward. */
function keepRouterAdvertisements(wanted: readonly DeviceSettings[], sysctls: Sysctls): Setting[] {
  if (sysctls.get(IPV6_FORWARDING) !== '0') return []
  const decided = new Set(
    wanted.filter(({ acceptRa }) => acceptRa !== undefined).map(({ dev }) => dev),
  )
  return [...sysctls].flatMap(([path, value]) => {
    const device = deviceOf(path) ?? 'all'
    const learns =
      path.endsWith('/accept_ra') &&
      value === '1' &&
      sysctls.get(`net/ipv6/conf/${device}/forwarding`) === '0'
    return learns && !['all', 'default', 'lo'].includes(device) && !decided.has(device)
      ? [{ path, value: '2' }]
      : []
  })
}

/** Setting IPv6 forwarding for all sets it on every device: those that had it get it back after that. */
function previous(changes: readonly Setting[], sysctls: Sysctls): Setting[] {
  const before = changes
    .toReversed()
    .flatMap(({ path }) => ({ path, value: sysctls.get(path) ?? '' }))
    .filter(({ value }) => value !== '')
  if (!before.some(({ path }) => path === IPV6_FORWARDING)) return before
  const overwritten = [...sysctls]
    .filter(([path, value]) => /^net\/ipv6\/.*\/forwarding$/.test(path) && value === '1')
    .map(([path, value]) => ({ path, value }))
  return [...before, ...overwritten]
}

function sysctl(settings: readonly Setting[]): UndoCommand[] {
  if (settings.length === 0) return []
  return [
    { argv: ['sysctl', '-q', '-w', ...settings.map(({ path, value }) => `${path}=${value}`)] },
  ]
}
