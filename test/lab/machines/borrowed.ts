import { serverUrl } from './centre.ts'
import type { Farm } from './farm.ts'
import type { Installed } from './install.ts'
import type { Machine } from './machine.ts'
import { enabled } from './packaged.ts'

/** A machine of site aruba whose image has the package, a join.yaml, and a batch daemon that answers with what it hears. */
export function borrow(farm: Farm, token: string): Machine {
  return farm.borrowed([
    networkFile(places.aruba),
    { path: joinYaml, content: joinFile(token), mode: 0o600 },
    { path: '/usr/lib/systemd/system/lsfd.service', content: batchDaemon },
    { path: '/usr/lib/systemd/system/impatient.service', content: impatientUnit },
    { path: '/usr/local/sbin/impatient', content: impatient, mode: 0o755 },
    enabled('impatient.service', 'sysinit.target'),
  ])
}

/** The same machine, to be of another site from its next boot on. */
export async function moveTo(machine: Machine, place: Place, token: string): Promise<void> {
  const { path, content } = networkFile(places[place])
  await machine.write(path, content)
  await machine.write(joinYaml, joinFile(token), '0600')
}

/** Until its unit has done what it could, which is then told. */
export async function joinEnded(machine: Machine): Promise<string> {
  return (await machine.sh(waitForJoin, { quiet: true })).trim()
}

const waitForJoin = `
  while :; do
    state=$(systemctl is-active dynfarm-join || :)
    [ "$state" = activating ] || [ "$state" = inactive ] || break
    sleep 2
  done
  echo "$state"`

export type Place = keyof typeof places

/** Behind the provider's NAT, and with an address of its own. */
const places = {
  aruba: { address: '10.1.0.11/16', gateway: '10.1.0.1' },
  openstack: { address: '198.51.100.11/25', gateway: '198.51.100.1' },
} as const

const joinYaml = '/etc/dynfarm/join.yaml'

function joinFile(token: string): string {
  return `servers: [${serverUrl}]\ntoken: ${token}\ndeadline: 15m\n`
}

function networkFile({ address, gateway }: { address: string; gateway: string }) {
  const content = `[Match]\nName=eth0\n\n[Network]\nAddress=${address}\nGateway=${gateway}\n`
  return { path: '/etc/systemd/network/10-site.network', content } satisfies Installed
}

const batchDaemon = `[Unit]
Description=stands in for a batch daemon

[Service]
ExecStart=/usr/bin/socat TCP-LISTEN:6882,fork,reuseaddr EXEC:cat
SuccessExitStatus=143
`

const impatientUnit = `[Unit]
Description=does not wait for a tunnel
DefaultDependencies=no

[Service]
ExecStart=/usr/local/sbin/impatient
`

/** Speaks to services from the beginning of a boot until there is a tunnel, and as often to a host that is none. */
const impatient = `#!/bin/bash
until compgen -G '/sys/class/net/tun-*'; do
  for host in 192.0.2.21 192.0.2.22 203.0.113.10; do
    echo now >/dev/udp/$host/9
  done
  sleep 0.3
done
`
