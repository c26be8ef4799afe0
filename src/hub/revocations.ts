import { observe } from '../apply/observe.ts'
import type { Hub } from './hub.ts'
import { memoryPaths } from './memory.ts'

/** Takes in what `dynfarm hub revoke` asked for since the last time, and gives the ids. */
export async function takeRequests(hub: Hub): Promise<string[]> {
  const { requests } = memoryPaths(hub.state)
  const find = ['find', requests, '-mindepth', '1', '-maxdepth', '1', '-type', 'f'] as const
  const argv = [...find, '-printf', '%f\\n'] as const
  const names = (await observe(argv, { machine: hub.machine, tolerate: [1] })).split('\n')
  const ids = names.filter((name) => /^[0-9A-Za-z_-]{1,64}$/.test(name))
  const fresh = ids.filter((id) => !hub.known.revoked.has(id))
  if (fresh.length > 0 || !hub.isKept) {
    await hub.learn((known) => ({ ...known, revoked: new Set([...known.revoked, ...fresh]) }))
  }
  return ids
}

/** They are in force, and remembered: who asked is told by the absence of the file. */
export async function doneRequests(hub: Hub, ids: readonly string[]): Promise<void> {
  const { requests } = memoryPaths(hub.state)
  if (!hub.isKept) return
  for (const id of ids) await hub.machine.removeFile(`${requests}/${id}`)
}
