import { contains, type Prefix, parsePrefix } from '../../address.ts'
import type { Draft } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { hubRanges, serviceRanges } from './ranges.ts'

/** Hubs and services are other machines to somebody, so an address is one that packets can be sent to. */
export function checkUnusable(draft: Draft): Finding[] {
  const ranges = [
    ...hubRanges(draft, 'public'),
    ...hubRanges(draft, 'local'),
    ...serviceRanges(draft),
  ]
  return ranges.flatMap(({ file, path, text, network }) => {
    const [, why] = unusable.find(([all]) => contains(all, network)) ?? []
    return why === undefined ? [] : [{ file, path, what: `${text} is ${why}` }]
  })
}

const unusable = Object.entries({
  '0.0.0.0/8': 'no address of a host',
  '127.0.0.0/8': 'each machine’s own loopback',
  '224.0.0.0/4': 'a multicast address',
  '240.0.0.0/4': 'no address of a host',
  '::/128': 'no address of a host',
  '::1/128': 'each machine’s own loopback',
  'fe80::/10': 'known on one link alone',
  'ff00::/8': 'a multicast address',
}).flatMap(([text, why]): [Prefix, string][] => {
  const prefix = parsePrefix(text)
  return prefix === undefined ? [] : [[prefix, why]]
})
