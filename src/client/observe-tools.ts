import type { Machine } from '../apply/machine.ts'
import { type OpenvpnVersion, parseVersion } from '../vpn/openvpn/version.ts'
import type { Supervisor } from '../vpn/process/supervise.ts'
import { tryCommand } from './reading.ts'

/** What a host has to make tunnels with. What is installed while a hub runs, it finds at its next start. */
export interface Tools {
  supervisor: Supervisor
  openvpn: { program: string; version: OpenvpnVersion } | undefined
  /** Whom OpenVPN goes on as. */
  runAs: { user: string; group: string } | undefined
  hasKernelWireguard: boolean
  wireguardGo: string | undefined
  ping: string
}

export async function observeTools(machine: Machine): Promise<Tools> {
  const { stdout } = await tryCommand(machine, ['sh', '-c', questions])
  const [systemd, kernel, program = '', wireguardGo, ping, group, said = ''] = stdout.split('\n')
  const version = parseVersion(said)
  return {
    supervisor: systemd === 'yes' ? 'systemd' : 'none',
    openvpn: version && { program, version },
    runAs: group ? { user: 'nobody', group } : undefined,
    hasKernelWireguard: kernel === 'yes',
    wireguardGo: wireguardGo || undefined,
    ping: ping || 'ping',
  }
}

/** A line each, so that one process asks them all. */
const questions = `PATH=$PATH:/usr/sbin:/sbin
if test -d /run/systemd/system; then echo yes; else echo; fi
if test -d /sys/module/wireguard || modprobe -n -q wireguard; then echo yes; else echo; fi
for program in openvpn wireguard-go ping; do command -v "$program" || echo; done
id -gn nobody 2>/dev/null || echo
openvpn --version 2>/dev/null | head -n 1`

/** In a user namespace nobody else exists to go on as, and a kernel's module is not a user's to load. */
export function withoutRoot(tools: Tools): Tools {
  const { wireguardGo, hasKernelWireguard } = tools
  return {
    ...{ ...tools, supervisor: 'none', runAs: undefined },
    hasKernelWireguard: wireguardGo === undefined && hasKernelWireguard,
  }
}
