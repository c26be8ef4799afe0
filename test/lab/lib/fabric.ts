import type { HostSpec, Port, Segment, Topology } from './topology.ts'

/** Lines for `ip -batch`, run in the lab's own network namespace, where all the switches are. */
export function planSwitches(topology: Topology): string[] {
  return topology.segments.flatMap((segment) => [
    `link add ${segment.name} type bridge`,
    `link set ${segment.name} up${mtuOf(segment)}`,
  ])
}

/** Plugs a host in: one end of each cable at the switch, the other in the namespace of `pid`. */
export function planCables(topology: Topology, host: HostSpec, pid: number): string[] {
  return host.ports.flatMap((port, index) => {
    const cable = cableName(topology, host, index)
    const mtu = mtuOf(topology.segments.find((segment) => segment.name === port.segment))
    const peer = `${port.device}${mtu} address ${macOf(topology, host, index)} netns ${pid}`
    return [
      `link add ${cable}${mtu} type veth peer name ${peer}`,
      `link set ${cable} master ${port.segment} up`,
    ]
  })
}

export function planUnplugging(topology: Topology, host: HostSpec): string[] {
  return host.ports.map((_, index) => `link delete ${cableName(topology, host, index)}`)
}

/** What the host itself does at boot, inside its own namespace. */
export function planAddresses(host: HostSpec): string[] {
  return [
    'link set lo up',
    ...host.ports.flatMap(addressesOfPort),
    ...(host.routes ?? []).map(({ to, via }) => `route add ${to} via ${via}`),
  ]
}

function addressesOfPort({ device, addresses }: Port): string[] {
  return [
    `link set ${device} up`,
    ...addresses.map((address) => `address add ${address} dev ${device}${nodad(address)}`),
  ]
}

function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : ''
}

/** Device names have 15 characters at most, so hosts go by their number here. */
function cableName(topology: Topology, host: HostSpec, index: number): string {
  return `h${topology.hosts.indexOf(host)}p${index}`
}

/** The same at every boot, as a real card's: neighbours keep what they learned. */
function macOf(topology: Topology, host: HostSpec, index: number): string {
  const number = topology.hosts.indexOf(host)
  return ['02', '00', '00', hex(number >> 8), hex(number & 255), hex(index)].join(':')
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

function mtuOf(segment: Segment | undefined): string {
  return segment?.mtu === undefined ? '' : ` mtu ${segment.mtu}`
}
