import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { realMachine } from '../../src/apply/real-machine.ts'
import { createIdentity } from '../../src/client/enrol.ts'
import {
  type HubIdentity,
  identityOf,
  identityPaths,
  loadStored,
  planIdentity,
} from '../../src/hub/identity.ts'
import { loadJoined } from '../../src/hub/joined.ts'
import { nothingKnown } from '../../src/hub/known.ts'
import { keepKnown, keepSeats, loadKnown, loadSeats, memoryPaths } from '../../src/hub/memory.ts'
import { openHub } from '../../src/hub/resident.ts'
import type { Log } from '../../src/log.ts'
import { renderPlan } from '../../src/plan/render.ts'
import { testFolder } from '../fakes/folder.ts'
import { feedNode, known } from './records.ts'

const machine = realMachine()

function stateFolder(): string {
  const state = testFolder()
  for (const name of ['hub', 'host']) mkdirSync(join(state, name))
  return state
}

test('a hub that never ran knows nothing', async () => {
  const state = stateFolder()
  expect(await loadKnown(machine, state)).toEqual({ known: nothingKnown, damage: [] })
  expect(await loadSeats(machine, state)).toEqual({ seats: new Map(), closed: undefined })
  expect(await loadStored(machine, state)).toBeUndefined()
})

test('what it knew it finds again, for its eyes alone', async () => {
  const state = stateFolder()
  const now = { ...known(feedNode(1), feedNode(2)), revoked: new Set(['n2', 'n9']) }
  await keepKnown(machine, state, { now, before: nothingKnown })
  expect(await loadKnown(machine, state)).toEqual({ known: now, damage: [] })
  const seats = new Map([['n1', { rung: 'wg', mtu: 1300, at: 5, hello: { count: 1, at: 6 } }]])
  const closed = { boot: 'b', ipv4: ['eth0'], ipv6: true }
  await keepSeats(machine, state, { seats, closed })
  expect(await loadSeats(machine, state)).toEqual({ seats, closed })
  for (const file of ['known', 'revoked', 'seats'] as const)
    expect(statSync(memoryPaths(state)[file]).mode & 0o777).toBe(0o600)
})

test.each(['known', 'revoked'] as const)(
  'of a damaged %s, or none, it has another',
  async (file) => {
    const state = stateFolder()
    const now = { ...known(feedNode(1)), revoked: new Set(['n9']) }
    await keepKnown(machine, state, { now, before: known() })
    const path = memoryPaths(state)[file]
    writeFileSync(path, '{"nodes":[')
    expect(await loadKnown(machine, state)).toMatchObject({
      known: now,
      damage: [`"${path}" is damaged: it is no JSON, or not all of it`],
    })
    rmSync(path)
    expect(await loadKnown(machine, state)).toEqual({ known: now, damage: [`"${path}" is gone`] })
  },
)

test('a hub that starts writes anew what is damaged', async () => {
  const state = stateFolder()
  const now = { ...known(feedNode(1)), revoked: new Set(['n9']) }
  await keepKnown(machine, state, { now, before: known() })
  writeFileSync(memoryPaths(state).revoked, '')
  const said: string[] = []
  const log = { warn: (text: string) => said.push(text) } as unknown as Log
  const identity = stored as unknown as HubIdentity
  const hub = await openHub(machine, { stateDir: state, log, identity })
  expect(hub.known).toEqual(now)
  expect(said).toEqual([expect.stringMatching(/revoked.json" is damaged.*; it is written anew$/)])
  expect(await loadKnown(machine, state)).toEqual({ known: now, damage: [] })
})

test('one that cannot write it anew starts all the same', async () => {
  const state = stateFolder()
  const now = { ...known(feedNode(1)), revoked: new Set(['n9']) }
  await keepKnown(machine, state, { now, before: known() })
  writeFileSync(memoryPaths(state).known, '')
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC', errno: -28 })
  const writeFile = () => Promise.reject(full)
  const said: string[] = []
  const log = { warn: (text: string) => said.push(text) } as unknown as Log
  const identity = stored as unknown as HubIdentity
  const hub = await openHub({ ...machine, writeFile }, { stateDir: state, log, identity })
  expect({ known: hub.known, isKept: hub.isKept }).toEqual({ known: now, isKept: false })
  expect(said.join('\n')).toContain('cannot be kept, and is in force all the same')
})

test.each([
  ['known', '{"nodes":[{"id":"n1"}],"hosts":[]}'],
  ['known', '{"nodes":['],
  ['revoked', '["../../etc"]'],
  ['revoked', '{}'],
  ['seats', '{"seats":[{"node":"n1","rung":"../x","at":1}]}'],
] as const)('a damaged %s is named rather than guessed at: %s', async (file, content) => {
  const state = stateFolder()
  const path = memoryPaths(state)[file]
  for (const one of [path, path.replace('.json', '-copy.json')]) writeFileSync(one, content)
  const load = file === 'seats' ? loadSeats : loadKnown
  await expect(load(machine, state)).rejects.toThrow(`"${path}" is damaged`)
})

const stored = {
  ...{ urls: ['https://hub1:8443'], pins: ['00'], key: 'KEY', certificate: 'CERT' },
  wireguard: { private: 'PRIVATE', public: 'PUBLIC' },
  role: 'hub',
  ...{ name: 'hub1', id: 'h1', centre: 'example' },
  ...{ nodeAuthority: 'CA', releaseKey: 'RELEASE' },
} as const

test('an identity is whole, or none', () => {
  expect(identityOf(stored, '/s')).toMatchObject({ name: 'hub1', keyFile: '/s/host/key.pem' })
  for (const part of ['role', 'name', 'id', 'centre', 'certificate', 'nodeAuthority', 'releaseKey'])
    expect(identityOf({ ...stored, [part]: undefined }, '/s')).toBeUndefined()
})

test('its keys are in files that only root reads, and in no plan', async () => {
  const steps = planIdentity(stored, '/s')
  expect(steps.map(({ mode }) => mode)).toEqual([0o600, 0o600, 0o600])
  expect(renderPlan(steps)).not.toMatch(/KEY|PRIVATE/)
})

test('an identity that is damaged is named', async () => {
  const state = stateFolder()
  writeFileSync(identityPaths(state).identity, '{"urls":[]}')
  await expect(loadStored(machine, state)).rejects.toThrow('identity.json" is damaged')
  writeFileSync(identityPaths(state).identity, JSON.stringify(stored))
  expect(await loadStored(machine, state)).toEqual(stored)
})

test('who joined as a hub is one', async () => {
  const state = stateFolder()
  mkdirSync(join(state, 'node'))
  const { urls, pins, centre, releaseKey } = stored
  const secrets = await createIdentity()
  const answer = {
    ...{ time: 1, position: 'one.1', hubs: [], rungs: [], services: [] },
    host: { id: 'h1', role: 'hub', name: 'hub1' },
    ...{ certificate: pem, authorities: { node: pem } },
    pins: { server: ['ab'.repeat(32)], release: publicPem, rotations: [] },
  }
  const kept = { servers: urls, pins, centre, releaseKey, answer, files: [], problems: [] }
  writeFileSync(join(state, 'node/identity.json'), JSON.stringify(secrets))
  writeFileSync(join(state, 'node/config.json'), JSON.stringify(kept))
  const joined = await loadJoined(machine, state)
  expect(joined).toEqual({ ...stored, ...secrets, certificate: pem, nodeAuthority: pem })
  expect(await loadJoined(machine, stateFolder())).toBeUndefined()
})

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const publicPem = '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'
