import { type AdminAccess, openAccess } from '../client/admin/access.ts'
import type { Ask } from '../client/requests.ts'
import { DynfarmError, type ErrorCode } from '../errors.ts'
import type { AnswerOf, EndpointName } from '../protocol/endpoints.ts'
import type { World } from './world.ts'

/** The server, as far as it answers: once it did not, it is not asked again. */
export interface Centre {
  /** Undefined when there is no answer to be had. What the server refuses is an error. */
  ask<Name extends EndpointName>(name: Name, ask: Ask<Name>): Promise<AnswerOf<Name> | undefined>
  /** Why it is not asked any more. */
  readonly away: string | undefined
  /** Of an administrator elsewhere. */
  readonly bundle: AdminAccess['bundle']
  close(): void
}

/** A server that is down costs a second, and no command. */
const limits = { connectMs: 1000, idleMs: 1000, totalMs: 10_000 }

export async function openCentre(world: World): Promise<Centre> {
  const state: { access?: AdminAccess; away?: string } = {}
  const heed = (error: unknown): undefined => {
    if (!(error instanceof DynfarmError) || !passing.has(error.code)) throw error
    state.away = error.message
  }
  await openAccess({ ...world, limits }).then((access) => {
    state.access = access
  }, heed)
  return {
    ask: async (name, ask) => {
      if (state.away !== undefined) return undefined
      return state.access?.client.request(name, ask).catch(heed)
    },
    get away() {
      return state.away
    },
    bundle: state.access?.bundle,
    close: () => state.access?.client.close(),
  }
}

/** Nobody answers, or nobody who can now. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'server-unreachable',
  'server-not-running',
  'server-busy',
  'server-failed',
  'answer-lost',
  'bundle-missing',
  'too-many-requests',
])
