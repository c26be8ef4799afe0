import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../test-server.ts'
import { type ActingHub, makeActingHub } from './acting-hub.ts'
import { sqliteStore } from './databases.ts'
import { enrolHost, newNode } from './hub-client.ts'

/** Machines come, go and are shut out, hubs follow at times, and the store is saved and restored at any point. */

type Operation =
  | { readonly kind: 'join' | 'backup' | 'restore' }
  | { readonly kind: 'revoke' | 'leave'; readonly machine: number }
  | { readonly kind: 'revokeAtHub'; readonly hub: number; readonly machine: number }
  | { readonly kind: 'sync'; readonly hub: number }

const machine = fc.nat(7)
const hub = fc.nat(1)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'join' as const }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('sync' as const), hub }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('revoke' as const, 'leave' as const), machine }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revokeAtHub' as const), hub, machine }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('backup' as const, 'restore' as const) }),
  },
)

interface Machine {
  readonly id: string
  readonly slot: number
  /** Somebody who is still there knows that it was shut out. */
  isRevoked: boolean
  /** It left, or nobody who is still there knows of it. */
  isGone: boolean
}

const slots = 5

async function startWorld() {
  const { backup, restore } = await sqliteStore()
  let server = await startTestServer()
  const enrolled = [
    await enrolHost(server, { name: 'hub1' }),
    await enrolHost(server, { name: 'hub2' }),
  ]
  const hubs = enrolled.map(makeActingHub)
  const machines: Machine[] = []
  let saved: readonly Machine[] = []
  let clock = 1000

  const restart = async (meanwhile: (server: TestServer) => Promise<void>): Promise<void> => {
    await server.close()
    await meanwhile(server)
    server = await startTestServer({ like: server, stateDir: server.stateDir })
  }
  const join = async (): Promise<void> => {
    clock += 1
    const at = clock
    const joined = await server.server.store.write(async ({ nodes }) => {
      const answer = await nodes.freeSlot({ site: 'aruba', role: 'node', count: slots, at })
      if ('refused' in answer) return undefined
      const node = newNode({ slot: answer.slot, created: at })
      await nodes.insert(node)
      return { id: node.id, slot: answer.slot }
    })
    if (joined === undefined) return
    expect(machines.filter(({ isGone, slot }) => !isGone && slot === joined.slot)).toEqual([])
    machines.push({ ...joined, isRevoked: false, isGone: false })
  }
  const leave = async (machine: Machine): Promise<void> => {
    clock += 1
    const state = machine.isRevoked ? 'revoked' : 'left'
    await server.server.store.write(({ nodes }) =>
      nodes.free(machine.id, { state, at: clock, restUntil: clock }),
    )
    machine.isGone = true
  }
  const revoke = async (machine: Machine): Promise<void> => {
    const update = { state: 'revoked' } as const
    const isDone = await server.server.store.write(({ nodes }) => nodes.update(machine.id, update))
    machine.isRevoked ||= isDone
  }
  const forget = (): void => {
    for (const machine of machines) {
      const before = saved.find(({ id }) => id === machine.id)
      const isKnown = before !== undefined || hubs.some(({ nodes }) => nodes.has(machine.id))
      machine.isGone ||= !isKnown
      machine.isRevoked =
        before?.isRevoked === true || hubs.some(({ revoked }) => revoked.has(machine.id))
    }
  }
  const perform = async (operation: Operation): Promise<void> => {
    const machine = 'machine' in operation ? machines[operation.machine] : undefined
    switch (operation.kind) {
      case 'join':
        return join()
      case 'leave':
        return machine && leave(machine)
      case 'revoke':
        return machine && revoke(machine)
      case 'revokeAtHub':
        if (machine === undefined) return
        hubs[operation.hub]?.revoke(machine.id)
        machine.isRevoked = true
        return
      case 'sync':
        return hubs[operation.hub]?.sync(server)
      case 'backup':
        await restart(backup)
        saved = machines.map((one) => ({ ...one, isRevoked: isRevokedIn(one) }))
        return
      case 'restore':
        if (saved.length === 0) return
        forget()
        return restart(restore)
    }
  }
  /** What was revoked at a hub alone is in no backup. */
  const isRevokedIn = ({ id, isRevoked }: Machine): boolean =>
    isRevoked && hubs.every((hub) => !hub.revoked.has(id) || hub.nodes.get(id)?.state === 'revoked')
  const check = async (): Promise<void> => {
    for (let round = 0; round < 2; round++) for (const one of hubs) await one.sync(server)
    const known = await server.server.store.read(({ nodes }) => nodes.list())
    const live = known.filter(({ state }) => state !== 'revoked').map(({ id }) => id)
    expect(new Set(known.flatMap(({ addresses }) => addresses)).size).toBe(known.length)
    const isIn = ({ isGone, isRevoked }: Machine) => !isGone && !isRevoked
    expect(live).toEqual(expect.arrayContaining(machines.filter(isIn).map(({ id }) => id)))
    const shutOut = machines.filter(({ isRevoked }) => isRevoked).map(({ id }) => id)
    expect(live.filter((id) => shutOut.includes(id))).toEqual([])
    for (const one of hubs) expect(idsOf(one)).toEqual(live.toSorted())
  }
  return { perform, check, close: () => server.close() }
}

function idsOf(hub: ActingHub): string[] {
  return hub
    .live()
    .map(({ id }) => id)
    .sort()
}

test('whatever happens between backup and restore, nobody has the place of another, and who is out stays out', {
  timeout: 120_000,
}, async () => {
  const sequence = fc.array(operation, { minLength: 10, maxLength: 40, size: 'max' })
  await fc.assert(
    fc.asyncProperty(sequence, async (operations) => {
      const world = await startWorld()
      try {
        for (const one of operations) await world.perform(one)
        await world.check()
      } finally {
        await world.close()
      }
    }),
    { numRuns: 8, endOnFailure: true },
  )
})
