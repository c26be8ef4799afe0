import type { HostRecord, Position } from '../../protocol/records.ts'
import type { Server } from '../server.ts'

/** How far the store has come, and its hubs: what those who wait look at. */
export interface News {
  readonly position: Position
  readonly hubs: readonly HostRecord[]
}

export interface Waiting {
  readonly milliseconds: number
  /** Ends it too. */
  readonly signal: AbortSignal
}

type Listener = (news: News) => void

/** Waits until the store has come as far as that. False when it had not by the end. */
export async function waitForNews(
  server: Server,
  isEnough: (news: News) => boolean,
  { milliseconds, signal }: Waiting,
): Promise<boolean> {
  if (signal.aborted) return false
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const giveUp = (): void => resolve(false)
  const timer = setTimeout(giveUp, milliseconds)
  signal.addEventListener('abort', giveUp)
  const unsubscribe = subscribe(server, (news) => {
    if (isEnough(news)) resolve(true)
  })
  try {
    return await promise
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', giveUp)
    clearTimeout(timer)
  }
}

/** What all who wait at one server share: the store is watched, and read, once for them. */
interface Desk {
  readonly listeners: Set<Listener>
  /** Reads anew, and once more when it was asked for meanwhile. */
  refresh(): void
  /** Ends the watching. */
  readonly end: () => void
}

const desks = new WeakMap<Server, Desk>()

/** Tells the state of now at once, and each later one. Gives the way to end it. */
function subscribe(server: Server, listener: Listener): () => void {
  const desk = desks.get(server) ?? openDesk(server)
  desk.listeners.add(listener)
  desk.refresh()
  return () => {
    desk.listeners.delete(listener)
    if (desk.listeners.size > 0) return
    desk.end()
    desks.delete(server)
  }
}

function openDesk(server: Server): Desk {
  const listeners = new Set<Listener>()
  const refresh = refreshing(server, listeners)
  const endings = [server.store.watch(refresh), server.onReload(refresh)]
  const desk = {
    listeners,
    refresh,
    end: () => {
      for (const end of endings) end()
    },
  }
  desks.set(server, desk)
  return desk
}

function refreshing({ store, log }: Server, listeners: ReadonlySet<Listener>): () => void {
  let reading = false
  let isAsked = false
  const readAll = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false
      const news = await store.read(async ({ feed, hosts }) => ({
        position: await feed.position(),
        hubs: await hosts.list({ role: 'hub' }),
      }))
      for (const listener of [...listeners]) listener(news)
    }
  }
  return () => {
    isAsked = true
    if (reading) return
    reading = true
    readAll()
      .catch((error) => log.warn(`who waits for the store is not woken: ${error}`))
      .finally(() => {
        reading = false
      })
  }
}
