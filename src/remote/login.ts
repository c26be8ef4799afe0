import type { Centre } from './centre.ts'
import { loadIdentity } from './identity.ts'
import type { Inventory } from './inventory.ts'
import type { LoginOptions } from './options.ts'
import { connectTo, type Login } from './session/connect.ts'
import { openGateway } from './session/gateway.ts'
import { windowFor } from './session/window.ts'
import { parseVia } from './via.ts'
import type { World } from './world.ts'

interface Known {
  world: Pick<World, 'env'>
  inventory: Inventory
  centre: Pick<Centre, 'bundle'>
  /** How many nodes there are at once. */
  hosts: number
}

export interface OpenLogin {
  login: Login
  /** Ends what it holds open to a hub. */
  close(): void
}

/** How all nodes of a run are logged in on: directly, or through the hub that was named or that the bundle names. */
export async function openLogin(
  { identity: name, user, connectTimeout: timeout, via }: LoginOptions,
  { world, inventory, centre, hosts }: Known,
): Promise<OpenLogin> {
  const identity = await loadIdentity(name, world.env)
  const login = { user, identity, timeout, window: windowFor(hosts) }
  const way = via ?? centre.bundle?.via
  if (way === undefined) return { login, close: () => undefined }
  const { user: atHub, hub } = parseVia(way, inventory.hubs ?? [])
  const gateway = openGateway(hub, { ...login, user: atHub }, connectTo)
  return { login: { ...login, gateway }, close: gateway.close }
}
