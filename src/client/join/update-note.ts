import type { Machine } from '../../apply/machine.ts'
import type { Step } from '../../plan/step.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { keptUpdate } from '../../protocol/schema/kept.ts'
import { look } from '../stored.ts'
import type { Kept, NodePaths } from './state.ts'

/** What became of a release that was offered. */
export type Update = NonNullable<RequestOf<'report'>['update']>

/** What is remembered of the last offer that was tried. */
export interface UpdateNote {
  /** The signature of its manifest: another offer has another one. */
  offer: string
  update: Update
  /** It is not tried again. */
  isFinal: boolean
  /** When the newest manifest that was taken here was signed: no older one is taken later. */
  newest?: number
}

/** Where it cannot be read the offer is as one that was never made. */
export async function loadNote(
  machine: Machine,
  paths: NodePaths,
): Promise<UpdateNote | undefined> {
  return (await look(machine, paths.update, keptUpdate)).value as UpdateNote | undefined
}

/** Of the release that the last answer offered, why it does not run; null where there is nothing of that kind. */
export async function pendingUpdate(
  machine: Machine,
  paths: NodePaths,
  { answer }: Kept,
): Promise<Update | null> {
  if (answer.release === undefined) return null
  const note = await loadNote(machine, paths)
  const isOfIt = note?.offer === answer.release.statement.signature
  return isOfIt && note.update.outcome !== 'running' ? note.update : null
}

export function planNote({ update }: NodePaths, note: UpdateNote | undefined): Step[] {
  return [
    {
      ...{ kind: 'file', reason: 'what became of the release that is offered', path: update },
      ...{ content: note === undefined ? null : `${JSON.stringify(note, null, 2)}\n`, mode: 0o600 },
    },
  ]
}
