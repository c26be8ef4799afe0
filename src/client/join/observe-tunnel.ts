import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import {
  type KeepalivePlace,
  keepaliveFiles,
  keepaliveReading,
  type ObservedKeepalive,
  parseKeepalive,
} from '../../vpn/process/keepalive.ts'
import {
  filePaths,
  type ObservedOpenvpn,
  type OpenvpnPlace,
  parseRunning,
  processReading,
} from '../../vpn/process/openvpn.ts'
import type { ObservedFiles } from '../../vpn/process/supervise.ts'
import type { Reading } from '../../vpn/reading.ts'
import { dumpReading, parseDump } from '../../vpn/wireguard/dump.ts'
import type { ObservedWireguard } from '../../vpn/wireguard/wireguard.ts'
import { tryCommand } from '../reading.ts'
import { runFolder } from './tunnel.ts'

export async function observeOpenvpn(
  machine: Machine,
  place: OpenvpnPlace,
): Promise<ObservedOpenvpn> {
  const [output, files] = await Promise.all([
    read(machine, processReading(place)),
    observeFiles(machine, filePaths(place)),
  ])
  return { running: parseRunning(place, output), files }
}

/** By device; none where there is no wg. */
export async function observeWireguard(
  machine: Machine,
): Promise<ReadonlyMap<string, ObservedWireguard>> {
  const { code, stdout } = await tryCommand(machine, dumpReading.argv)
  return code === 127 ? new Map() : parseDump(stdout)
}

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

export async function observeFiles(
  machine: Machine,
  paths: readonly string[],
): Promise<ObservedFiles> {
  const files = new Map<string, string>()
  for (const path of paths) {
    const file = await machine.readFile(path)
    if (file !== undefined) files.set(path, Buffer.from(file.content).toString())
  }
  return files
}

/** The names of tunnels that have, or had, something here. */
export async function listTunnels(
  machine: Machine,
  { devices }: ObservedNetwork,
): Promise<string[]> {
  const argv = ['find', runFolder, '-mindepth', '1', '-maxdepth', '1', '-type', 'd'] as const
  const folders = await read(machine, { argv: [...argv, '-printf', '%f\\n'], tolerate: [1] })
  const names = devices.flatMap(({ name }) => (name.startsWith('tun-') ? [name.slice(4)] : []))
  return [...new Set([...names, ...folders.split('\n')])].filter(
    (name) => /^[a-z](-?[a-z0-9])*$/.test(name) && name.length <= 11,
  )
}

async function read(machine: Machine, { argv, tolerate }: Reading): Promise<string> {
  return await observe(argv, { machine, tolerate })
}
