import { createToken, hashSecret, renderToken } from '../../pki/token.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { TokenRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call, Handlers } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { actEntry } from './act.ts'
import { checkHighest, onlySite, personOf, sees } from './person.ts'
import { revokeComers } from './revoke-comers.ts'
import { checkToken, isHost } from './token-rules.ts'

export const tokenHandlers = {
  tokenCreate: async (call, server) => {
    const [person, now] = [personOf(call), server.now()]
    checkToken(call.body, { profile: server.profile(), person })
    const { id, secret, pin } = createToken(Buffer.from(server.keys.pin, 'hex'))
    const bounds = { ...boundsOf(call.body), expires: now + call.body.ttl }
    const made = { created: now, createdBy: person.actor }
    await server.store.write(async ({ tokens, audit }) => {
      await tokens.insert({ ...bounds, ...made, id, secretHash: hashSecret(secret) })
      const act = { action: 'token-create', subject: id, detail: bounds }
      await audit.append(actEntry({ call, now }, act))
    })
    return { id, token: renderToken({ id, secret, pin }), expires: bounds.expires }
  },

  tokenList: async (call, { store }) => {
    const tokens = await store.read((reads) => reads.tokens.list(onlySite(personOf(call))))
    return { tokens: tokens.map(withoutSecret) }
  },

  tokenRevoke: async (call, server) => {
    const now = server.now()
    const isForAll = call.body.withNodes === true
    const token = await changeToken(
      { call, action: 'token-revoke' },
      server,
      (tx, { id, role }) => {
        if (isForAll && isHost(role)) checkHighest(personOf(call), `revoking a ${role}`)
        return tx.tokens.revoke(id, now)
      },
    )
    const comers = isForAll ? await revokeComers(token.id, call, server) : []
    return { changed: [...token.changed, ...comers] }
  },

  tokenOpen: async (call, server) => {
    const { changed } = await changeToken({ call, action: 'token-open' }, server, (tx, { id }) =>
      tx.tokens.open(id),
    )
    return { changed }
  },
} satisfies Handlers

type Bounds = Pick<TokenRecord, 'role' | 'site' | 'class' | 'name' | 'uses' | 'sources' | 'slot'>

function boundsOf(wanted: RequestOf<'tokenCreate'>): Bounds {
  const { role, site, class: ofClass, name, uses, sources, slot } = wanted
  return {
    role,
    site: site ?? null,
    class: ofClass ?? null,
    name: name ?? null,
    uses,
    sources: sources ?? [],
    slot: slot ?? null,
  }
}

function withoutSecret({ secretHash: _, ...rest }: TokenRecord) {
  return { ...rest, sources: [...rest.sources] }
}

interface TokenChange {
  call: Call<'tokenRevoke'> | Call<'tokenOpen'>
  action: string
}

/** Changes the token that the request names, with its entry in the audit; `changed` is empty when it was so before. */
async function changeToken(
  { call, action }: TokenChange,
  server: Server,
  change: (tx: Tx, token: TokenRecord) => Promise<boolean>,
): Promise<{ id: string; changed: string[] }> {
  const now = server.now()
  return server.store.write(async (tx) => {
    const token = await findToken(tx, call)
    const { id, site } = token
    if (!(await change(tx, token))) return { id, changed: [] }
    await tx.audit.append(actEntry({ call, now }, { action, subject: id, site }))
    return { id, changed: [id] }
  })
}

async function findToken(
  { tokens }: Tx,
  call: Pick<Call<'tokenOpen'>, 'caller' | 'params'>,
): Promise<TokenRecord> {
  const id = call.params['token'] ?? ''
  const token = await tokens.byId(id)
  if (token !== undefined && sees(personOf(call), token.site)) return token
  throw new Refusal('not-found', `no token "${id}"`)
}
