import { familyOf } from '../../address.ts'
import type { Machine } from '../../apply/machine.ts'
import { statePaths } from '../../apply/state.ts'
import { serviceDevice } from '../../net/link.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { hubIdentity } from '../../protocol/schema/kept.ts'
import { tryCommand } from '../reading.ts'
import { load } from '../stored.ts'
import { answersThrough } from './answers.ts'
import { serviceLinks } from './service.ts'

/** The end of one link, at the host of a service. */
export interface LinkStatus {
  hub: string
  device: string
  /** Whether the hub's inner address answers through it. */
  answers: boolean
}

/** What such a host is told, and has. */
export interface ServiceHost {
  config: CentreConfig
  network: ObservedNetwork
}

export async function readLinks(
  machine: Machine,
  { config, network }: ServiceHost,
): Promise<LinkStatus[]> {
  const links = serviceLinks(config, network)
  return await Promise.all(
    links.map(async (link) => {
      const { name: device } = serviceDevice(link)
      const families = new Set(link.service.addresses.map(familyOf))
      const inner = link.hub.inner.find((address) => families.has(familyOf(address))) ?? ''
      return { hub: link.hub.name, device, answers: await answersThrough(machine, device, inner) }
    }),
  )
}

export interface HubSelf {
  role: 'hub'
  name: string
  centre: string
}

/** The hub that this host is, whether `dynfarm join` or `dynfarm hub` enrolled it. */
export async function readHubSelf(
  machine: Machine,
  stateDir: string,
): Promise<HubSelf | undefined> {
  const identity = (await load(machine, `${stateDir}/host/identity.json`, hubIdentity)) as
    | Partial<Record<'role' | 'name' | 'centre', string>>
    | undefined
  const { role, name, centre } = identity ?? {}
  if (role !== 'hub' || name === undefined || centre === undefined) return undefined
  return { role, name, centre }
}

const HELD = 9

/** It holds the lock of its folder for as long as it runs. */
export async function isHubRunning(machine: Machine, stateDir: string): Promise<boolean> {
  const { lock } = statePaths(`${stateDir}/hub`)
  if ((await machine.readFile(lock)) === undefined) return false
  const look = ['flock', '--shared', '--nonblock', '--conflict-exit-code', String(HELD)] as const
  return (await tryCommand(machine, [...look, lock, 'true'])).code === HELD
}
