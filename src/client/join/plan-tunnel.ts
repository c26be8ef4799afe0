import type { Machine } from '../../apply/machine.ts'
import type { Network, ObservedNetwork } from '../../net/network.ts'
import { planNetwork, requireUnblocked } from '../../net/plan-network.ts'
import type { CommandStep, Step } from '../../plan/step.ts'
import { tunnelDevice, tunnelPaths, unitPath } from '../../vpn/names.ts'
import { planKeepalive, planNoKeepalive } from '../../vpn/process/keepalive.ts'
import { planNoOpenvpn, planOpenvpn } from '../../vpn/process/openvpn.ts'
import { planNoWireguardGo, planWireguardGo } from '../../vpn/process/wireguard-go.ts'
import { planWireguard } from '../../vpn/wireguard/plan.ts'
import type { Tools } from '../observe-tools.ts'
import { observeFiles, observeOpenvpn, observeWireguard } from '../observe-tunnel.ts'
import { observeKeepalive } from './observe-tunnel.ts'
import { runFolder, runFolders, type Tunnel } from './tunnel.ts'

/** From what is to a tunnel with its network around it. */
export async function planTunnel(
  machine: Machine,
  tunnel: Tunnel,
  { wanted, observed }: { wanted: Network; observed: ObservedNetwork },
): Promise<Step[]> {
  const network = requireUnblocked(planNetwork(wanted, observed))
  return [...network, ...(await planLife(machine, tunnel, observed))]
}

async function planLife(
  machine: Machine,
  tunnel: Tunnel,
  { devices }: ObservedNetwork,
): Promise<Step[]> {
  if (tunnel.kind === 'openvpn')
    return withFolder(planOpenvpn(tunnel.process, await observeOpenvpn(machine, tunnel.process)))
  const { name } = tunnel.device
  const isThere = devices.some((device) => device.name === name)
  const device = isThere ? (await observeWireguard(machine)).get(name) : undefined
  if (tunnel.process === undefined) return planWireguard(tunnel.tunnel, device)
  const files = await observeFiles(machine, [unitPath(tunnel.process.name)])
  return planWireguardGo(tunnel.process, { device, files })
}

export async function planAwake(
  machine: Machine,
  { supervisor, ping }: Tools,
  to: { device: string; address: string; rejoin: readonly string[] },
): Promise<Step[]> {
  const wanted = { ...to, supervisor, run: runFolder, program: ping }
  return withFolder(planKeepalive(wanted, await observeKeepalive(machine, wanted)))
}

function withFolder(steps: readonly Step[]): Step[] {
  return steps.length === 0 ? [] : [makeFolder, ...steps]
}

const makeFolder: CommandStep = {
  ...{ kind: 'command', reason: 'folder of the tunnels' },
  argv: ['install', '-d', '-m', '0755', runFolder],
  undo: [{ argv: ['rmdir', ...runFolders], tolerate: [1] }],
}

/** No tunnel of these names, and nothing that keeps one awake; devices are the network's to remove. */
export async function planNoTunnels(
  machine: Machine,
  names: readonly string[],
  { supervisor, openvpn }: Tools,
): Promise<Step[]> {
  const place = { supervisor, run: runFolder }
  const [keepalive, wireguard] = await Promise.all([
    observeKeepalive(machine, place),
    observeWireguard(machine),
  ])
  const steps: Step[] = planNoKeepalive(place, keepalive)
  for (const name of names) {
    const paths = tunnelPaths(runFolder, name)
    const process = { name, supervisor, paths, program: openvpn?.program ?? 'openvpn' }
    const files = await observeFiles(machine, [unitPath(name)])
    const isGo = wireguard.has(tunnelDevice(name))
    if (isGo) {
      const device = wireguard.get(tunnelDevice(name))
      steps.push(...planNoWireguardGo({ name, supervisor }, { device, files }))
    } else steps.push(...planNoOpenvpn(process, await observeOpenvpn(machine, process)))
  }
  return steps
}
