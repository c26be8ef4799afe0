import { filterKey, tableKey } from './filters.ts'
import { type ObservedFilter, type ObservedTree, REST_CLASS, ROOT_TREE } from './limits.ts'

interface QdiscJson {
  kind: string
  handle: string
  dev: string
  root?: boolean
  /** The class that it is the queue of. */
  parent?: string
  options?: { default?: string }
}

type Root = ObservedTree['root']

export interface Qdiscs {
  /** The devices that have a place for filters at both ends. */
  withFilters: string[]
  /** Of each device, and of each class there that has a queue which somebody made. */
  roots: Map<string, Root>
  inner: Map<string, Map<number, Root>>
}

/** What `tc -json qdisc show` says; the kernel's own have no handle. Where all else goes cannot be changed. */
export function parseQdiscs(output: string): Qdiscs {
  const all: QdiscJson[] = output.trim() === '' ? [] : JSON.parse(output)
  const rootOf = ({ kind, handle, options }: QdiscJson, id: number): Root => {
    if (
      kind === 'htb' &&
      handle === `${id.toString(16)}:` &&
      Number(options?.default) === REST_CLASS
    )
      return 'own'
    return handle === '0:' ? 'none' : 'foreign'
  }
  const behind = all.flatMap((one) => {
    const id = Number.parseInt(/^1:([0-9a-f]+)$/.exec(one.parent ?? '')?.[1] ?? '', 16)
    return Number.isNaN(id) ? [] : [{ dev: one.dev, id, root: rootOf(one, id) }]
  })
  return {
    withFilters: all.flatMap(({ kind, dev }) => (kind === 'clsact' ? [dev] : [])),
    roots: new Map(
      all.flatMap((one) => (one.root === true ? [[one.dev, rootOf(one, ROOT_TREE)]] : [])),
    ),
    inner: new Map(
      [...Map.groupBy(behind, ({ dev }) => dev)].map(([dev, some]) => {
        return [dev, new Map(some.map(({ id, root }) => [id, root]))]
      }),
    ),
  }
}

/** Of each class the most that it may take, by tree; iproute2 writes no JSON of them. */
export function parseClasses(output: string): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const lines = output.matchAll(/^class htb ([0-9a-f]+):([0-9a-f]+) .*? ceil (\d+)([KMGT]?)bit/gm)
  return byTree(
    [...lines].map(([, major, minor, amount, unit = '']) => ({
      ...classId(major, minor),
      value: Number(amount) * 1000 ** ' KMGT'.indexOf(unit || ' '),
    })),
  )
}

interface ClassId {
  major: number
  minor: number
}

export function classId(major = '', minor = ''): ClassId {
  return { major: Number.parseInt(major, 16), minor: Number.parseInt(minor, 16) }
}

export function byTree<T>(
  classes: readonly (ClassId & { value: T })[],
): Map<number, Map<number, T>> {
  const trees = Map.groupBy(classes, ({ major }) => major)
  return new Map(
    [...trees].map(([major, some]) => [
      major,
      new Map(some.map(({ minor, value }) => [minor, value])),
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

/** "1:2a:800" lies in bucket 2a of table 1, and "1::800" in its first; the kernel's own tables, from 800 on, have none. */
function bucketOf(handle: string): string {
  const [table = '', bucket] = handle.split(':')
  if (Number.parseInt(table, 16) >= 0x800) return ''
  return `${table}:${bucket || '0'}`
}

function actionOf(text: string): string {
  const [, device] = /mirred \(Egress Redirect to device (\S+)\)/.exec(text) ?? []
  if (device !== undefined) return `redirect ${device}`
  const [, table] = /\blink (\S+:)/.exec(text) ?? []
  const [, flow = 'nothing'] = /flowid (\S+)/.exec(text) ?? []
  return table === undefined ? `flowid ${flow}` : `link ${table}`
}
