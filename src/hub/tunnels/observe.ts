import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import { clientsReadings, type ObservedClients, parseClients } from '../../vpn/openvpn/clients.ts'
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
import { runFolder } from './wanted.ts'

export async function read(machine: Machine, { argv, tolerate }: Reading): Promise<string> {
  return await observe(argv, { machine, tolerate })
}

export async function observeOpenvpn(
  machine: Machine,
  place: OpenvpnPlace,
): Promise<ObservedOpenvpn> {
  const running = parseRunning(place, await read(machine, processReading(place)))
  return { running, files: await observeFiles(machine, filePaths(place)) }
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

export async function observeClients(machine: Machine, folder: string): Promise<ObservedClients> {
  const readings = clientsReadings(folder)
  const names = await read(machine, readings.names)
  return parseClients(folder, { names, contents: await read(machine, readings.contents) })
}

export async function observeWireguard(
  machine: Machine,
): Promise<ReadonlyMap<string, ObservedWireguard>> {
  return parseDump(await read(machine, dumpReading))
}

/** The tunnels whose OpenVPN has, or had, files here. */
export async function listOpenvpn(machine: Machine): Promise<string[]> {
  const argv = ['find', runFolder, '-mindepth', '1', '-maxdepth', '1', '-type', 'd'] as const
  const output = await read(machine, { argv: [...argv, '-printf', '%f\\n'], tolerate: [1] })
  return output.split('\n').filter((name) => /^[a-z](-?[a-z0-9])*$/.test(name) && name.length <= 11)
}
