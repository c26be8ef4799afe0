import { MiB } from '../../protocol/size.ts'
import type { StreamName } from '../channel-output.ts'
import type { HostRecord } from '../record.ts'
import type { Presenter, Print } from './presenter.ts'

/** As much of each stream as stands in a record. */
const mostKept = MiB

interface Head {
  chunks: Buffer[]
  bytes: number
  truncated: boolean
}

/** One line of JSON a host, as it ends, with the beginning of its output. */
export function presentRecords(print: Print): Presenter {
  const heads = new Map<string, Record<StreamName, Head>>()
  return {
    begin: (node) => {
      heads.set(node, { stdout: newHead(), stderr: newHead() })
      return undefined
    },
    take: (node, bytes, stream) => {
      const head = heads.get(node)?.[stream]
      if (head !== undefined) keep(head, bytes)
      return undefined
    },
    end: (record) => {
      const head = heads.get(record.node)
      heads.delete(record.node)
      return print(Buffer.from(`${JSON.stringify(recordOf(record, head))}\n`), 'stdout')
    },
    finish: async () => undefined,
  }
}

function newHead(): Head {
  return { chunks: [], bytes: 0, truncated: false }
}

function keep(head: Head, bytes: Buffer): void {
  const room = mostKept - head.bytes
  if (bytes.length > room) head.truncated = true
  if (room <= 0) return
  const part = Buffer.from(bytes.subarray(0, room))
  head.chunks.push(part)
  head.bytes += part.length
}

function recordOf(
  record: HostRecord,
  { stdout, stderr } = { stdout: newHead(), stderr: newHead() },
): object {
  const texts = { ...textOf('stdout', stdout), ...textOf('stderr', stderr) }
  const truncated = stdout.truncated || stderr.truncated
  return { ...plainRecord(record), truncated, ...texts }
}

/** What every record says, in the same order, with null for what there is not. */
export function plainRecord(record: HostRecord): object {
  const { node, site, class: hostClass, phase, started, exit, signal, reason, ...rest } = record
  const head = { node, site, class: hostClass, exit: exit ?? null, signal: signal ?? null, phase }
  return { ...head, reason: reason ?? null, started, ...rest }
}

/** What is not UTF-8 comes as base64 under another name, so that nothing is changed on the way. */
function textOf(name: StreamName, { chunks, truncated }: Head): object {
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString()
  const isText =
    Buffer.from(text).equals(bytes) || (truncated && !text.slice(0, -1).includes('\ufffd'))
  return isText ? { [name]: text } : { [`${name}Base64`]: bytes.toString('base64') }
}
