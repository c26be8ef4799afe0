import type { Machine } from '../../apply/machine.ts'
import { listTunnelFolders, read } from '../../client/observe-tunnel.ts'
import { clientsReadings, type ObservedClients, parseClients } from '../../vpn/openvpn/clients.ts'
import { runFolder } from './wanted.ts'

export async function observeClients(machine: Machine, folder: string): Promise<ObservedClients> {
  const readings = clientsReadings(folder)
  const names = await read(machine, readings.names)
  return parseClients(folder, { names, contents: await read(machine, readings.contents) })
}

/** The tunnels whose OpenVPN has, or had, files here. */
export async function listOpenvpn(machine: Machine): Promise<string[]> {
  return await listTunnelFolders(machine, runFolder)
}
