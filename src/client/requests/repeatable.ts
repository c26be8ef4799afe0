import { type EndpointName, endpoints } from '../../protocol/endpoints.ts'

/**
 * Calls that may be made again when their answer was lost, besides those that only read: the server makes a join with
 * the same token and key once, and reports and seeds say how things are.
 */
const saidTwice: ReadonlySet<EndpointName> = new Set(['join', 'report', 'hubReport', 'hubSeed'])

export function isRepeatable(name: EndpointName): boolean {
  return endpoints[name].method === 'GET' || saidTwice.has(name)
}
