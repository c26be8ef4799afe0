import type { Family } from '../../address.ts'
import type { Argv } from '../../plan/step.ts'
import { flowSeconds, lostFlows, passed, tried } from '../network/flows.ts'

/** A flow that began, as the kernel remembers it. */
export interface Flow {
  key: string
  from: string
  to: string
  proto: string
  sourcePort: number
  port: number
  /** In milliseconds since 1970, to a second. */
  began: number
  isPassed: boolean
}

export interface FlowListing {
  flows: readonly Flow[]
  /** Flows that were too many to remember, since the rules were made. */
  lost: number
}

/** One after the other: what was tried comes first, so that what passes meanwhile is not taken for refused. */
export function flowReadings(families: readonly Family[]): Argv[] {
  const sets = [...families.map(tried), ...families.map(passed)]
  const whats = [...sets.map((set) => ['set', set]), ['chain', lostFlows]]
  return whats.map(([kind = '', name = '']) => ['nft', '-j', 'list', kind, 'inet', 'dynfarm', name])
}

/** What each of them printed. */
export function parseFlows(outputs: readonly string[], now: number): FlowListing {
  const objects = outputs.flatMap(
    (text) => (JSON.parse(text) as { nftables: NftObject[] }).nftables,
  )
  const elements = (names: readonly string[]) =>
    objects.flatMap(({ set }) => (set && names.includes(set.name) ? (set.elem ?? []) : []))
  const through = new Set(elements(families.map(passed)).map(keyOf))
  return {
    flows: elements(families.map(tried)).flatMap((element) => readFlow(element, through, now)),
    lost: objects.reduce((sum, { rule }) => sum + packetsOf(rule), 0),
  }
}

const families = ['ipv4', 'ipv6'] as const

interface NftObject {
  set?: { name: string; elem?: FlowElement[] }
  rule?: { expr: { counter?: { packets: number } }[] }
}

type Part = string | number

interface FlowElement {
  elem?: { val?: { concat?: Part[] }; expires?: number }
}

function keyOf({ elem }: FlowElement): string {
  return (elem?.val?.concat ?? []).join(' ')
}

function packetsOf(rule: NftObject['rule']): number {
  return (rule?.expr ?? []).reduce((sum, { counter }) => sum + (counter?.packets ?? 0), 0)
}

function readFlow(element: FlowElement, through: ReadonlySet<string>, now: number): Flow[] {
  const [from, proto, sourcePort, to, port] = element.elem?.val?.concat ?? []
  if (from === undefined || proto === undefined || to === undefined) return []
  const key = keyOf(element)
  const began = now - (flowSeconds - (element.elem?.expires ?? 0)) * 1000
  return [
    {
      ...{ key, from: String(from), to: String(to), proto: String(proto), began },
      ...{ sourcePort: Number(sourcePort), port: Number(port), isPassed: through.has(key) },
    },
  ]
}
