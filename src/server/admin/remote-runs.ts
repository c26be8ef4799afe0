import type { RequestOf } from '../../protocol/endpoints.ts'
import type { Handlers } from '../call.ts'
import { actEntry } from './act.ts'
import { personOf } from './person.ts'

type RemoteRun = RequestOf<'remoteRuns'>['runs'][number]

export const remoteRunHandlers = {
  remoteRuns: async (call, { store, now }) => {
    const doing = { call, now: now() }
    const { site } = personOf(call)
    const changed = await store.write(async ({ audit }) => {
      const added: string[] = []
      for (const run of call.body.runs) {
        // The answer to who sent it before was lost.
        if ((await audit.list({ subject: run.id, limit: 1 })).length > 0) continue
        await audit.append({ ...actEntry(doing, actOf(run, site)), outcome: run.outcome })
        added.push(run.id)
      }
      return added
    })
    return { changed }
  },
} satisfies Handlers

/** The entry bears the time at which the server heard of it, and tells when it began. */
function actOf({ id, outcome: _, kind, ended, ...run }: RemoteRun, site: string | null) {
  const classes = Object.fromEntries(ended.map((one) => [one.class, one.nodes]))
  const detail = { ...run, ...(ended.length > 0 && { ended: classes }) }
  return { action: `remote-${kind}`, subject: id, site, detail }
}
