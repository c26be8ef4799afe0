import type { Machine } from '../../apply/machine.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import {
  type KeepalivePlace,
  keepaliveFiles,
  keepaliveReading,
  type ObservedKeepalive,
  parseKeepalive,
} from '../../vpn/process/keepalive.ts'
import { isTunnelName, listTunnelFolders, observeFiles, read } from '../observe-tunnel.ts'
import { runFolder } from './tunnel.ts'

export async function observeKeepalive(
  machine: Machine,
  place: KeepalivePlace,
): Promise<ObservedKeepalive> {
  const output = await read(machine, keepaliveReading(place))
  return {
    running: parseKeepalive(output),
    files: await observeFiles(machine, keepaliveFiles(place)),
  }
}

/** The names of tunnels that have, or had, something here. */
export async function listTunnels(
  machine: Machine,
  { devices }: ObservedNetwork,
): Promise<string[]> {
  const folders = await listTunnelFolders(machine, runFolder)
  const names = devices.flatMap(({ name }) => (name.startsWith('tun-') ? [name.slice(4)] : []))
  return [...new Set([...names.filter(isTunnelName), ...folders])]
}
