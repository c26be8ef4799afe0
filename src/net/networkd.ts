import { linkAddress } from './link-address.ts'
import type { Device, Network, Route } from './network.ts'

/** The same devices and routes as files of systemd-networkd, by path. */
export function renderNetworkd(wanted: Network): Map<string, string> {
  return new Map(
    wanted.devices.flatMap((device) => [
      [fileOf(device, 'netdev'), netdev(device)],
      [fileOf(device, 'network'), network(device, wanted)],
    ]),
  )
}

function fileOf({ name }: Device, kind: string): string {
  return `/etc/systemd/network/50-dynfarm-${name}.${kind}`
}

function netdev(device: Device): string {
  return lines([
    '[NetDev]',
    `Name=${device.name}`,
    `Kind=${kindOf(device)}`,
    `MTUBytes=${device.mtu}`,
    ...(device.kind === 'vxlan' ? [`MACAddress=${linkAddress(device)}`] : []),
    '',
    ...tunnelPart(device),
  ])
}

function kindOf(device: Device): string {
  if (device.kind !== 'gre') return device.kind
  return device.local.includes(':') ? 'ip6gre' : 'gre'
}

function tunnelPart(device: Device): string[] {
  switch (device.kind) {
    case 'gre':
      return [
        '[Tunnel]',
        'Independent=yes',
        `Local=${device.local}`,
        `Remote=${device.remote}`,
        'TTL=64',
        ...(device.key === undefined ? [] : [`Key=${device.key}`]),
      ]
    case 'vxlan':
      return [
        '[VXLAN]',
        'Independent=yes',
        `VNI=${device.id}`,
        `Local=${device.local}`,
        `Remote=${device.remote}`,
        `DestinationPort=${device.port}`,
        'MacLearning=no',
      ]
    default:
      return []
  }
}

function network({ name }: Device, { addresses, routes, settings }: Network): string {
  const own = routes.filter((route) => 'dev' in route && route.dev === name)
  return lines([
    '[Match]',
    `Name=${name}`,
    '',
    '[Network]',
    'LinkLocalAddressing=no',
    'IPv6AcceptRA=no',
    ...addresses.flatMap(({ dev, address }) => (dev === name ? [`Address=${address}`] : [])),
    ...(settings.some(({ dev }) => dev === name) ? ['IPv4ReversePathFilter=loose'] : []),
    ...own.flatMap(routePart),
  ])
}

function routePart(route: Route): string[] {
  return [
    '',
    '[Route]',
    `Destination=${route.to}`,
    ...('src' in route && route.src !== undefined ? [`PreferredSource=${route.src}`] : []),
    ...(route.metric === undefined ? [] : [`Metric=${route.metric}`]),
    'Scope=link',
  ]
}

function lines(list: readonly string[]): string {
  return `${list.join('\n')}\n`
}
