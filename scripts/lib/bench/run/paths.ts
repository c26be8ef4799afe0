import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { type Farm, service } from './farm.ts'

/** One way to the service: where a client is started there, what stands before its command line, and what it asks for. */
export interface Path {
  readonly name: string
  readonly from: LabHost
  readonly before: readonly string[]
  /** As the ordinary user of that host. */
  readonly ordinary: boolean
  readonly address: string
  /** Of what the first path reaches at the same time, at least. */
  readonly least?: number
}

/** The first is what the others are compared with. */
export function pathsOf({ lender, node, run }: Farm): readonly [Path, ...Path[]] {
  const there = { from: lender, ordinary: true }
  const job = (mode: string, least: number): Path => ({
    ...{ ...there, name: mode, address: service.address, least },
    before: [...run, '--mode', mode, '--'],
  })
  return [
    { ...there, name: 'no tunnel', before: [], address: service.public },
    job('ns', 0.85),
    job('socks', 0.6),
    {
      ...{ name: 'rootless hub', from: node, before: [], ordinary: false },
      ...{ address: service.address, least: 0.5 },
    },
  ]
}
