import { DynfarmError } from '../../errors.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'

/** A port of the host, and the same one within. */
export interface Port {
  proto: 'udp' | 'tcp'
  port: number
}

export interface Forward extends Port {
  id: number
}

/** What it is told fits it only when the configuration knows what it is. */
export function requireRootless(hub: string, { hubs }: CentreConfig): void {
  if (hubs.some(({ name, rootless }) => name === hub && rootless === true)) return
  const message = `hub "${hub}" runs without root, and centre.yaml does not say "rootless: true" of it`
  throw new DynfarmError('not-rootless', message)
}

/** Where nodes come to this hub. */
export function wantedPorts(hub: string, { tunnels, hubs }: CentreConfig): Port[] {
  const socks = hubs.find(({ name }) => name === hub)?.socks
  return [
    ...tunnels.map(({ proto, port }) => ({ proto, port })),
    ...(socks === undefined ? [] : [{ proto: 'tcp' as const, port: socks }]),
  ]
}

export function planPorts(
  wanted: readonly Port[],
  held: readonly Forward[],
): { add: Port[]; remove: Forward[] } {
  const isSame = (one: Port) => (other: Port) =>
    one.proto === other.proto && one.port === other.port
  return {
    add: wanted.filter((one) => !held.some(isSame(one))),
    remove: held.filter((one) => !wanted.some(isSame(one))),
  }
}
