import fc from 'fast-check'
import type { Store } from '../../src/store/store.ts'
import { join, makeToken } from './records.ts'

/**
 * A store as simple as can be, in memory, and the operations that are tried on both. Each gives what an
 * outsider sees of it, so that the two can be compared.
 */

export type Operation =
  | { readonly kind: 'token'; readonly token: string; readonly uses: number }
  | { readonly kind: 'revokeToken' | 'openToken'; readonly token: string }
  | { readonly kind: 'join'; readonly token: string; readonly site: string }
  | { readonly kind: 'free'; readonly node: number; readonly rest: number }
  | { readonly kind: 'revokeNode' | 'renew'; readonly node: number }
  | { readonly kind: 'epoch' | 'reopen' }
  | { readonly kind: 'wait'; readonly time: number }

const slotsOfSite = 4
const token = fc.constantFrom('t1', 't2')
const node = fc.nat(9)

export const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('token' as const), token, uses: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constantFrom('revokeToken' as const, 'openToken' as const), token }),
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      token,
      site: fc.constantFrom('aruba', 'hpc'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('free' as const), node, rest: fc.nat(5) }),
  },
  fc.record({ kind: fc.constantFrom('revokeNode' as const, 'renew' as const), node }),
  fc.record({ kind: fc.constantFrom('epoch' as const, 'reopen' as const) }),
  fc.record({ kind: fc.constant('wait' as const), time: fc.integer({ min: 1, max: 4 }) }),
)

export interface Performer {
  perform(operation: Operation): Promise<unknown>
  /** All nodes that live and all tokens, in text. */
  state(): Promise<string[]>
}

interface ModelToken {
  readonly uses: number
  used: number
  revoked: boolean
  closed: boolean
}

interface ModelNode {
  readonly id: string
  readonly site: string
  readonly slot: number
  state: string
  certificate: string
  freed: boolean
}

export function makeModel(): Performer {
  const tokens = new Map<string, ModelToken>()
  const nodes: ModelNode[] = []
  /** Until when a slot may not be given: for ever while it is taken. */
  const resting = new Map<string, number>()
  let now = 0

  const joinNode = (name: string, site: string): string | number => {
    const token = tokens.get(name)
    if (!token || token.revoked || token.closed || token.used >= token.uses) return 'no use left'
    const slots = Array.from({ length: slotsOfSite }, (_, index) => index + 1)
    const slot = slots.find((slot) => (resting.get(`${site}-${slot}`) ?? 0) <= now)
    if (slot === undefined) return 'full'
    token.used += 1
    const id = `n${nodes.length}`
    nodes.push({ id, site, slot, state: 'joining', certificate: `certificate-${id}`, freed: false })
    resting.set(`${site}-${slot}`, Number.POSITIVE_INFINITY)
    return slot
  }
  const perform = (operation: Operation): unknown => {
    switch (operation.kind) {
      case 'token':
        if (tokens.has(operation.token)) return 'taken'
        tokens.set(operation.token, {
          uses: operation.uses,
          used: 0,
          revoked: false,
          closed: false,
        })
        return 'made'
      case 'revokeToken': {
        const token = tokens.get(operation.token)
        if (!token || token.revoked) return false
        token.revoked = true
        return true
      }
      case 'openToken': {
        const token = tokens.get(operation.token)
        if (!token?.closed || token.revoked) return false
        token.closed = false
        return true
      }
      case 'join':
        return joinNode(operation.token, operation.site)
      case 'free': {
        const node = nodes[operation.node]
        if (!node || node.freed) return false
        node.freed = true
        resting.set(`${node.site}-${node.slot}`, now + operation.rest)
        return true
      }
      case 'revokeNode':
      case 'renew': {
        const node = nodes[operation.node]
        if (!node || node.freed) return false
        if (operation.kind === 'renew') node.certificate += '+'
        else node.state = 'revoked'
        return true
      }
      case 'epoch':
        for (const token of tokens.values()) token.closed = true
        return 'new epoch'
      case 'reopen':
        return 'not restored'
      case 'wait':
        now += operation.time
        return now
    }
  }
  const state = (): string[] => [
    ...nodes
      .filter(({ freed }) => !freed)
      .map(({ id, site, slot, state, certificate }) =>
        [id, site, slot, state, certificate].join(' '),
      ),
    ...[...tokens].map(([id, { used, uses, revoked, closed }]) =>
      [id, used, uses, revoked, closed].join(' '),
    ),
  ]
  return {
    perform: async (operation) => perform(operation),
    state: async () => state().sort(),
  }
}

/** The same of a real store. */
export function makePerformer(open: () => Promise<Store>, first: Store): Performer {
  let store = first
  let joined = 0
  let now = 0

  const perform = async (operation: Operation): Promise<unknown> => {
    switch (operation.kind) {
      case 'token': {
        const { token: id, uses } = operation
        return store.write(async (tx) => {
          if ((await tx.tokens.byId(id)) !== undefined) return 'taken'
          await tx.tokens.insert(makeToken({ id, uses }))
          return 'made'
        })
      }
      case 'revokeToken':
        return store.write((tx) => tx.tokens.revoke(operation.token, now))
      case 'openToken':
        return store.write((tx) => tx.tokens.open(operation.token))
      case 'join': {
        const joining = { ...operation, id: `n${joined}`, at: now, count: slotsOfSite }
        const answer = await store
          .write((tx) => join(tx, joining))
          .catch((error: Error) => error.message)
        if (typeof answer === 'number') joined += 1
        return answer
      }
      case 'free': {
        const freeing = { state: 'left', at: now, restUntil: now + operation.rest } as const
        return store.write((tx) => tx.nodes.free(`n${operation.node}`, freeing))
      }
      case 'revokeNode':
        return store.write((tx) => tx.nodes.update(`n${operation.node}`, { state: 'revoked' }))
      case 'renew': {
        const id = `n${operation.node}`
        return store.write(async (tx) => {
          const node = await tx.nodes.byId(id)
          return tx.nodes.update(id, { certificate: `${node?.certificate}+` })
        })
      }
      case 'epoch':
        await store.write((tx) => tx.newEpoch({ reason: 'a test', actor: 'anna', at: now }))
        return 'new epoch'
      case 'reopen':
        await store.close()
        store = await open()
        return store.opened.restored ?? 'not restored'
      case 'wait':
        now += operation.time
        return now
    }
  }
  return { perform, state: () => stateOf(store) }
}

async function stateOf(store: Store): Promise<string[]> {
  const { nodes, tokens } = await store.read(async (reads) => ({
    nodes: await reads.nodes.list(),
    tokens: await reads.tokens.list(),
  }))
  return [
    ...nodes.map(({ id, site, slot, state, certificate }) =>
      [id, site, slot, state, certificate].join(' '),
    ),
    ...tokens.map(({ id, used, uses, revoked, closed }) =>
      [id, used, uses, revoked !== null, closed !== null].join(' '),
    ),
  ].sort()
}
