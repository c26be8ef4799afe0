import type { Machine } from '../apply/machine.ts'
import { observe } from '../apply/observe.ts'
import { DynfarmError } from '../errors.ts'
import {
  filePaths,
  type ObservedOpenvpn,
  type OpenvpnPlace,
  parseRunning,
  processReading,
} from '../vpn/process/openvpn.ts'
import type { ObservedFiles } from '../vpn/process/supervise.ts'
import type { Reading } from '../vpn/reading.ts'
import { dumpReading, parseDump } from '../vpn/wireguard/dump.ts'
import type { ObservedWireguard } from '../vpn/wireguard/wireguard.ts'

/* The tunnels of a host as the planners compare them with what is wanted: of a node, and of a hub. */

export async function read(machine: Machine, { argv, tolerate }: Reading): Promise<string> {
  return await observe(argv, { machine, tolerate })
}

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
  try {
    return parseDump(await read(machine, dumpReading))
  } catch (error) {
    if (error instanceof DynfarmError && error.code === 'program-missing') return new Map()
    throw error
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

/** The names of tunnels that have, or had, files in this folder. */
export async function listTunnelFolders(machine: Machine, folder: string): Promise<string[]> {
  const argv = ['find', folder, '-mindepth', '1', '-maxdepth', '1', '-type', 'd'] as const
  const output = await read(machine, { argv: [...argv, '-printf', '%f\\n'], tolerate: [1] })
  return output.split('\n').filter(isTunnelName)
}

export function isTunnelName(name: string): boolean {
  return /^[a-z](-?[a-z0-9])*$/.test(name) && name.length <= 11
}
