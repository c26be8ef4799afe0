import { hostname } from 'node:os'
import type { AuditRecord } from '../../protocol/records.ts'
import type { Cursor } from '../../store/cursors.ts'
import type { Server } from '../server.ts'
import { renderSyslogLine } from './syslog-line.ts'

/** Gives lines to a log, and says why when it did not take them all. */
export type WriteLines = (lines: readonly string[]) => Promise<string | undefined>

/** `more`: there is a next batch already. */
export type Sent = { outcome: 'more' | 'done' } | { fault: string }

const cursorName = 'syslog'
const batch = 500
/** So long the others wait for the server that sends, before one of them goes on in its place. */
const leaseMs = 60_000

/** Sends the next entries after the cursor, and moves it when they arrived. The first time it begins with what comes. */
export async function sendNext(server: Server, write: WriteLines): Promise<Sent> {
  const { cursor, records } = await readNext(server)
  if (cursor !== undefined && records.length === 0) return { outcome: 'done' }
  const taken = await takeCursor(server, cursor)
  if (taken === undefined) return { outcome: 'done' }
  const fault = records.length === 0 ? undefined : await write(records.map(renderSyslogLine))
  if (fault !== undefined) return giveWay(server, taken, fault)
  await moveCursor(server, { ...taken, sequence: records.at(-1)?.sequence ?? taken.sequence })
  return { outcome: records.length === batch ? 'more' : 'done' }
}

/** Another server may have a syslog that takes them. */
async function giveWay(server: Server, taken: Cursor, fault: string): Promise<Sent> {
  await moveCursor(server, { ...taken, until: 0 })
  return { fault }
}

interface Next {
  cursor: Cursor | undefined
  records: AuditRecord[]
}

function readNext({ store }: Server): Promise<Next> {
  return store.read(async ({ cursors, audit }) => {
    const cursor = await cursors.byName(cursorName)
    if (cursor === undefined) return { cursor, records: [] }
    return { cursor, records: await audit.list({ after: cursor.sequence, limit: batch }) }
  })
}

/** The cursor, when it is still where it was read and this server may hold it. */
function takeCursor(server: Server, seen: Cursor | undefined): Promise<Cursor | undefined> {
  const [holder, now] = [holderOf(server), server.now()]
  return server.store.write(async ({ cursors, audit }) => {
    const cursor = await cursors.byName(cursorName)
    if (cursor?.sequence !== seen?.sequence) return undefined
    if (cursor !== undefined && cursor.holder !== holder && cursor.until > now) return undefined
    const sequence = cursor?.sequence ?? (await audit.head()).sequence
    const taken = { sequence, holder, until: now + leaseMs }
    await cursors.put(cursorName, taken)
    return taken
  })
}

function moveCursor({ store }: Server, moved: Cursor): Promise<void> {
  return store.write(async ({ cursors }) => {
    const cursor = await cursors.byName(cursorName)
    if (cursor?.holder === moved.holder) await cursors.put(cursorName, moved)
  })
}

/** The same after a restart, so that a server need not wait for itself. */
function holderOf({ folder }: Server): string {
  return `${hostname()}:${folder}`
}
