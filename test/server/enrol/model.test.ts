import fc from 'fast-check'
import { expect, test } from 'vitest'
import { giveToken, leave, type Machine, makeMachine, tryJoin } from '../machines.ts'
import { start } from './start.ts'

const minute = 60_000
const slots = 4
const rest = 60 * minute
const uses = 9
const site = {
  site: 'aruba',
  nodes: '10.200.1.0/24',
  limits: { nodes: slots },
  quarantine: '1h',
  tunnels: ['wg'],
  services: [],
}

type Operation =
  | { readonly kind: 'join' }
  | { readonly kind: 'wait'; readonly minutes: number }
  | { readonly kind: 'again' | 'rejoin' | 'leave' | 'revoke' | 'forget'; readonly machine: number }

const machine = fc.nat({ max: 5 })
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      minutes: fc.constantFrom(4, 11, 61),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('again', 'rejoin', 'leave', 'revoke', 'forget'),
      machine,
    }),
  },
)

/** What a machine is answered: its slot, or a code. */
type Outcome = number | string

interface Known {
  state: 'live' | 'revoked' | 'gone'
  slot: number
  created: number
}

/** What the server should do, in a few lines. */
function makeModel() {
  let [now, used] = [0, 0]
  const known: Known[] = []
  const restUntil = new Map<number, number>()

  const lowest = (): number | undefined =>
    Array.from({ length: slots }, (_, at) => at + 1).find(
      (slot) =>
        !known.some((one) => one.state !== 'gone' && one.slot === slot) &&
        (restUntil.get(slot) ?? 0) <= now,
    )
  const enter = (at: number): Outcome => {
    if (used === uses) return 'token-used-up'
    const slot = lowest()
    if (slot === undefined) return 'slots-full'
    used += 1
    known[at] = { state: 'live', slot, created: now }
    return slot
  }
  const free = (one: Known): void => {
    restUntil.set(one.slot, now + rest)
    one.state = 'gone'
  }
  const refusal = { live: undefined, revoked: 'node-revoked', gone: 'certificate-revoked' } as const

  return (operation: Operation): Outcome => {
    if (operation.kind === 'wait') {
      now += operation.minutes * minute
      return 'waited'
    }
    if (operation.kind === 'join') return enter(known.length)
    const one = known[operation.machine]
    if (one === undefined) return 'nobody'
    switch (operation.kind) {
      case 'again':
        if (one.state === 'gone') return enter(operation.machine)
        if (one.created >= now - 10 * minute) return refusal[one.state] ?? one.slot
        return used === uses ? 'token-used-up' : 'key-in-use'
      case 'rejoin':
        return refusal[one.state] ?? one.slot
      case 'leave':
        if (one.state === 'live') {
          free(one)
          return 'left'
        }
        return refusal[one.state] ?? ''
      case 'revoke':
        if (one.state === 'live') one.state = 'revoked'
        return 'done'
      case 'forget':
        if (one.state !== 'gone') free(one)
        return 'done'
    }
  }
}

async function makeReal() {
  const { server, clock } = await start({ sites: { aruba: site } })
  const { store } = server.server
  const token = await giveToken(server, { uses, expires: Number.MAX_SAFE_INTEGER })
  const machines: (Machine & { id: string })[] = []

  const enter = async (at: number, one: Machine): Promise<Outcome> => {
    const { certificate: _, ...bare } = one
    const { body } = await tryJoin(server, bare, { token })
    if (body.node === undefined) return body.code
    machines[at] = { ...bare, certificate: body.certificate, id: body.node.id }
    return body.node.slot
  }
  const change = async (operation: 'revoke' | 'forget', id: string): Promise<Outcome> => {
    const freeing = { state: 'forgotten', at: clock.now, restUntil: clock.now + rest } as const
    await store.write(({ nodes }) =>
      operation === 'revoke' ? nodes.update(id, { state: 'revoked' }) : nodes.free(id, freeing),
    )
    return 'done'
  }
  const perform = async (operation: Operation): Promise<Outcome> => {
    if (operation.kind === 'wait') {
      clock.now += operation.minutes * minute
      return 'waited'
    }
    if (operation.kind === 'join') return enter(machines.length, await makeMachine())
    const one = machines[operation.machine]
    if (one === undefined) return 'nobody'
    switch (operation.kind) {
      case 'again':
        return enter(operation.machine, one)
      case 'rejoin': {
        const { body } = await tryJoin(server, one)
        return body.node?.slot ?? body.code
      }
      case 'leave': {
        const { status, body } = await leave(server, one)
        return status === 204 ? 'left' : body.code
      }
      default:
        return change(operation.kind, one.id)
    }
  }
  return perform
}

test('whatever machines and administrators do, each has what the model says', async () => {
  const sequence = fc.array(operation, { minLength: 10, maxLength: 30, size: 'max' })
  await fc.assert(
    fc.asyncProperty(sequence, async (operations) => {
      const model = makeModel()
      const real = await makeReal()
      for (const one of operations) expect([one, await real(one)]).toEqual([one, model(one)])
    }),
    { numRuns: 20, endOnFailure: true },
  )
})
