import type { Family } from '../../address.ts'
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

/** For one `nft -j -f -`. What was tried comes first: what passes meanwhile is not taken for refused. */
export function listFlows(families: readonly Family[]): string {
  const sets = [...families.map(tried), ...families.map(passed)]
  return [...sets.map((set) => `set inet dynfarm ${set}`), `chain inet dynfarm ${lostFlows}`]
    .map((what) => `list ${what}\n`)
    .join('')
}

/** nft gives one document a command. */
export function parseFlows(output: string, now: number): FlowListing {
  const objects = output
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { nftables: NftObject[] }).nftables)
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
