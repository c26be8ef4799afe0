import { DynfarmError } from '../../errors.ts'
import type { AnswerOf, EndpointName } from '../../protocol/endpoints.ts'
import { decodeQuery, decodeRequest, type Fault } from '../../protocol/messages.ts'
import type { AnyAsk, Ask } from '../requests/message.ts'
import { type AdminContext, openAccess } from './access.ts'

/** One request of an administrator. What they wrote wrongly is told before anything is sent. */
export async function askServer<Name extends EndpointName>(
  context: AdminContext,
  name: Name,
  ask: Ask<Name>,
): Promise<AnswerOf<Name>> {
  checkAsk(name, ask)
  const { client } = await openAccess(context)
  try {
    return await client.request(name, ask)
  } finally {
    client.close()
  }
}

export function checkAsk(name: EndpointName, { query, body }: AnyAsk): void {
  if (query !== undefined) refuse(decodeQuery(name, query), query)
  if (body !== undefined) refuse(decodeRequest(name, body), body)
}

function refuse(decoded: { value: unknown } | { fault: Fault }, given: unknown): void {
  if ('value' in decoded) return
  const { path, what } = decoded.fault
  const [, ...way] = path.split('/')
  const value = way.reduce<unknown>((inside, key) => (inside as Inside)?.[key], given)
  const shown = value === undefined ? '' : ` "${value}"`
  throw new DynfarmError('usage', `${way[0]}${shown} ${what}`)
}

type Inside = Readonly<Record<string, unknown>> | undefined
