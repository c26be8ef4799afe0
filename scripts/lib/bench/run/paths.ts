import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { byHandAddress } from './by-hand.ts'
import { type Farm, service } from './farm.ts'

/** One way to the service: where a client is started there, what stands before its command line, and what it asks for. */
export interface Path {
  readonly name: string
  readonly from: LabHost
  readonly to: LabHost
  readonly before: readonly string[]
  /** As the ordinary user of that host. */
  readonly ordinary: boolean
  readonly address: string
  /** Of what the first path reaches at the same time, at least. */
  readonly least?: number
}

/** The first is what the others are compared with. */
export function pathsOf({ hub, lender, node, run, byHand }: Farm): readonly [Path, ...Path[]] {
  const there = { from: lender, to: hub, ordinary: true }
  const job = (mode: string, least: number): Path => ({
    ...{ ...there, name: mode, address: service.address, least },
    before: [...run, '--mode', mode, '--'],
  })
  return [
    { ...there, name: 'no tunnel', before: [], address: service.public },
    {
      ...{ name: 'by hand', from: byHand.machine, to: byHand.hub, ordinary: true },
      ...{ before: byHand.run, address: byHandAddress },
    },
    job('ns', 0.85),
    job('socks', 0.6),
    {
      ...{ name: 'rootless hub', from: node, to: hub, before: [], ordinary: false },
      ...{ address: service.address, least: 0.5 },
    },
  ]
}
