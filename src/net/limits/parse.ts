import { filterKey, tableKey } from './filters.ts'
import { type ObservedFilter, type ObservedTree, REST_CLASS } from './limits.ts'

interface QdiscJson {
  kind: string
  handle: string
  dev: string
  root?: boolean
  options?: { default?: string }
}

export interface Qdiscs {
  /** The devices that have a place for filters at both ends. */
  withFilters: string[]
  roots: Map<string, ObservedTree['root']>
}

/** What `tc -json qdisc show` says; the kernel's own roots have no handle. Where all else goes cannot be changed. */
export function parseQdiscs(output: string): Qdiscs {
  const all: QdiscJson[] = output.trim() === '' ? [] : JSON.parse(output)
  const rootOf = ({ kind, handle, options }: QdiscJson) => {
    if (kind === 'htb' && handle === '1:' && Number(options?.default) === REST_CLASS) return 'own'
    return handle === '0:' ? 'none' : 'foreign'
  }
  return {
    withFilters: all.flatMap(({ kind, dev }) => (kind === 'clsact' ? [dev] : [])),
    roots: new Map(all.flatMap((one) => (one.root === true ? [[one.dev, rootOf(one)]] : []))),
  }
}

/** Of each class the most that it may take; iproute2 writes no JSON of them. */
export function parseClasses(output: string): Map<number, number> {
  const lines = output.matchAll(/^class htb 1:([0-9a-f]+) .*? ceil (\d+)([KMGT]?)bit/gm)
  return new Map(
    [...lines].map(([, id = '', amount, unit = '']) => [
      Number.parseInt(id, 16),
      Number(amount) * 1000 ** ' KMGT'.indexOf(unit || ' '),
    ]),
  )
}

/** As text: its JSON has all matches of one filter under one name. */
export function parseFilters(output: string): ObservedFilter[] {
  return output.split(/^(?=filter )/m).flatMap((text) => parseFilter(text) ?? [])
}

function parseFilter(text: string): ObservedFilter | undefined {
  const [, pref, handle] = /\bpref (\d+) u32 .*\bfh (\S+)/.exec(text) ?? []
  if (pref === undefined || handle === undefined) return undefined
  const common = { pref: Number(pref), handle }
  const [, table] = /\bfh ([0-9a-f]+): ht divisor 256\b/.exec(text) ?? []
  if (table !== undefined) return { ...common, key: tableKey(common.pref, table) }
  if (/\bht divisor\b/.test(text)) return undefined
  const match = [...text.matchAll(/match (\S+) at (\d+)/g)]
    .map(([, value, at]) => `${value} at ${at}`)
    .join(' ')
  const act = actionOf(text)
  const bucket = act.startsWith('flowid') ? bucketOf(handle) : ''
  return { ...common, key: filterKey({ pref: common.pref, bucket, match, act }) }
}

/** "1:2a:800" lies in bucket 2a of table 1, and "1::800" in its first. */
function bucketOf(handle: string): string {
  const [table, bucket] = handle.split(':')
  return `${table}:${bucket || '0'}`
}

function actionOf(text: string): string {
  const [, device] = /mirred \(Egress Redirect to device (\S+)\)/.exec(text) ?? []
  if (device !== undefined) return `redirect ${device}`
  const [, table] = /\blink (\S+:)/.exec(text) ?? []
  const [, flow = 'nothing'] = /flowid (\S+)/.exec(text) ?? []
  return table === undefined ? `flowid ${flow}` : `link ${table}`
}
