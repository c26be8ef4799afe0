import { isUtf8 } from 'node:buffer'
import { MiB } from '../../protocol/size.ts'
import type { StreamName } from '../channel-output.ts'
import type { HostRecord } from '../record.ts'
import { Kept, type Room } from './kept.ts'
import type { Presenter, Print } from './presenter.ts'

/** As much of each stream as stands in a record. */
const mostKept = MiB

/** Of one stream. */
interface Head {
  kept: Kept
  truncated: boolean
}

/** One line of JSON a host, as it ends, with the beginning of its output. One after the other, so that few are in memory. */
export function presentRecords(print: Print, room: Room): Presenter {
  const heads = new Map<string, Record<StreamName, Head>>()
  const forget = (node: string): void => {
    for (const { kept } of Object.values(heads.get(node) ?? {})) kept.drop()
    heads.delete(node)
  }
  const show = async (record: HostRecord): Promise<void> => {
    const shown = await recordOf(record, heads.get(record.node))
    forget(record.node)
    await print(Buffer.from(`${JSON.stringify(shown)}\n`), 'stdout')
  }
  let shown = Promise.resolve()
  return {
    begin: (node) => {
      forget(node)
      heads.set(node, { stdout: newHead(room), stderr: newHead(room) })
      return undefined
    },
    take: (node, bytes, stream) => {
      const head = heads.get(node)?.[stream]
      return head && keep(head, bytes)
    },
    end: (record) => {
      shown = shown.then(() => show(record))
      return shown
    },
    finish: async () => undefined,
  }
}

function newHead(room: Room): Head {
  return { kept: new Kept(room), truncated: false }
}

function keep(head: Head, bytes: Buffer): Promise<void> | undefined {
  const room = mostKept - head.kept.bytes
  if (bytes.length > room) head.truncated = true
  return room > 0 ? head.kept.add(bytes.subarray(0, room)) : undefined
}

async function recordOf(record: HostRecord, heads?: Record<StreamName, Head>): Promise<object> {
  const truncated = heads !== undefined && (heads.stdout.truncated || heads.stderr.truncated)
  const texts = { ...(await textOf('stdout', heads)), ...(await textOf('stderr', heads)) }
  return { ...plainRecord(record), truncated, ...texts }
}

/** What every record says, in the same order, with null for what there is not. */
export function plainRecord(record: HostRecord): object {
  const { node, site, class: hostClass, phase, started, exit, signal, reason, ...rest } = record
  const head = { node, site, class: hostClass, exit: exit ?? null, signal: signal ?? null, phase }
  return { ...head, reason: reason ?? null, started, ...rest }
}

/** What is not UTF-8 comes as base64 under another name, so that nothing is changed on the way. */
async function textOf(name: StreamName, heads?: Record<StreamName, Head>): Promise<object> {
  if (heads === undefined) return { [name]: '' }
  const { kept, truncated } = heads[name]
  const pieces: Buffer[] = []
  for await (const piece of kept.pieces()) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  const text = bytes.toString()
  const isText = isUtf8(bytes) || (truncated && !text.slice(0, -1).includes('\ufffd'))
  return isText ? { [name]: text } : { [`${name}Base64`]: bytes.toString('base64') }
}
