import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import { type OpenvpnVersion, parseVersion, versionReading } from '../../vpn/openvpn/version.ts'
import type { Supervisor } from '../../vpn/process/supervise.ts'

/** What a host has to make tunnels with. Asked once: what is installed later is found at the next start. */
export interface Tools {
  supervisor: Supervisor
  openvpn: { program: string; version: OpenvpnVersion } | undefined
  /** Whom OpenVPN goes on as. */
  runAs: { user: string; group: string } | undefined
  hasKernelWireguard: boolean
  wireguardGo: string | undefined
}

export async function observeTools(machine: Machine): Promise<Tools> {
  const says = async (argv: readonly [string, ...string[]]) =>
    (await observe(argv, { machine, tolerate: [1, 126, 127] })).trim()
  const find = (program: string) =>
    says(['sh', '-c', 'PATH=$PATH:/usr/sbin:/sbin command -v -- "$1"', 'sh', program])
  const [systemd, kernel] = await Promise.all([
    says(['sh', '-c', 'test -d /run/systemd/system && echo yes']),
    says(['sh', '-c', 'test -d /sys/module/wireguard || modprobe -n -q wireguard && echo yes']),
  ])
  const [openvpn, wireguardGo] = await Promise.all([find('openvpn'), find('wireguard-go')])
  const group = await says(['id', '-gn', 'nobody'])
  return {
    supervisor: systemd === 'yes' ? 'systemd' : 'none',
    openvpn: openvpn === '' ? undefined : await withVersion(machine, openvpn),
    runAs: group === '' ? undefined : { user: 'nobody', group },
    hasKernelWireguard: kernel === 'yes',
    wireguardGo: wireguardGo === '' ? undefined : wireguardGo,
  }
}

async function withVersion(machine: Machine, program: string): Promise<Tools['openvpn']> {
  const { argv, tolerate } = versionReading(program)
  const version = parseVersion(await observe(argv, { machine, tolerate }))
  return version && { program, version }
}
