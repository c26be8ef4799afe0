import type { HubNode, ServiceUse } from '../network/state.ts'
import type { Flow, FlowListing } from './listing.ts'

/** Who an address is. */
export interface Names {
  nodeAt(address: string): (HubNode & { name: string }) | undefined
  serviceAt(address: string): ServiceUse | undefined
}

/** The same key after so long is another flow: the kernel forgot the one before. */
const againMs = 5_000

/** Makes each flow a line once, out of listings that overlap. */
export class FlowLines {
  #told = new Map<string, number>()
  #lost = 0

  take({ flows, lost }: FlowListing, names: Names, now: number): string[] {
    const fresh = flows.filter(({ key, began }) => began - (this.#told.get(key) ?? 0) > againMs)
    this.#told = new Map(flows.map(({ key, began }) => [key, this.#told.get(key) ?? began]))
    for (const { key, began } of fresh) this.#told.set(key, began)
    // Rules that were made anew count from nothing.
    const more = lost < this.#lost ? lost : lost - this.#lost
    this.#lost = lost
    return [
      ...fresh.map((flow) => JSON.stringify(flowLine(flow, names))),
      ...(more > 0 ? [JSON.stringify({ time: timeOf(now), lost: more })] : []),
    ]
  }
}

const withPorts = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite'])

function flowLine(flow: Flow, names: Names): object {
  const { from, to, proto, sourcePort, port, began, isPassed } = flow
  const [source, target] = [names.nodeAt(from), names.nodeAt(to)]
  const node = source ?? target
  const service = names.serviceAt(source === undefined ? from : to)
  return {
    time: timeOf(began),
    site: node?.site ?? null,
    node: node?.name ?? null,
    service: service?.name ?? null,
    direction: source === undefined ? 'to-node' : 'from-node',
    proto,
    from,
    to,
    ...(withPorts.has(proto) && { 'from-port': sourcePort, 'to-port': port }),
    verdict: isPassed ? 'passed' : 'refused',
  }
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
