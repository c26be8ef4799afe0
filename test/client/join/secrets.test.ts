import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { convergePlan } from '../../../src/apply/apply.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { createIdentity, type Secrets } from '../../../src/client/enrol.ts'
import { findSecrets } from '../../../src/client/join/secrets.ts'
import { nodePaths, planIdentity } from '../../../src/client/join/state.ts'
import { wireguardPairOf } from '../../../src/pki/wireguard-key.ts'
import { testFolder } from '../../fakes/folder.ts'
import { createAuthorities, createPerson } from '../../pki/people.ts'

const machine = realMachine()
const files = ['identity', 'key', 'wireguard'] as const
let own: Secrets
let foreign: Secrets
let certificate: string

beforeAll(async () => {
  const now = new Date()
  const person = await createPerson(await createAuthorities(now), { role: 'node', now })
  foreign = await createIdentity()
  own = { ...(await createIdentity()), key: person.key }
  certificate = person.certificate
})

/** As a join leaves them. */
async function keysOnDisk(secrets = own) {
  const state = testFolder()
  mkdirSync(`${state}/node`)
  const paths = nodePaths(state)
  await convergePlan(planIdentity(paths, secrets), { machine })
  return { paths, found: () => findSecrets(machine, paths, certificate) }
}

const damages = {
  gone: (path: string) => rmSync(path),
  empty: (path: string) => writeFileSync(path, ''),
  'cut off': (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 20)),
  'a folder': (path: string) => {
    rmSync(path)
    mkdirSync(path)
  },
} as const

describe.each(Object.entries(damages))('a file of keys that is %s', (kind, damage) => {
  test.each(files)('%s: the others have all of it', async (file) => {
    const { paths, found } = await keysOnDisk()
    damage(paths[file])
    const { secrets, isOwn, mending } = await found()
    expect({ secrets, isOwn }).toEqual({ secrets: own, isOwn: true })
    expect(mending.map(({ path }) => path)).toEqual([paths[file]])
    if (kind === 'a folder') return
    await convergePlan(mending, { machine })
    expect((await found()).mending).toEqual([])
  })
})

test('nothing is to be mended where nothing is the matter', async () => {
  const { found } = await keysOnDisk()
  expect(await found()).toEqual({ secrets: own, isOwn: true, mending: [] })
})

test('of two keys the one that fits the certificate is taken', async () => {
  const { paths, found } = await keysOnDisk()
  writeFileSync(paths.identity, JSON.stringify({ ...own, key: foreign.key }))
  const { secrets, mending } = await found()
  expect(secrets).toEqual(own)
  expect(mending.map(({ path }) => path)).toEqual([paths.identity])
})

test("a machine whose files have another's key is not who the certificate says", async () => {
  const { found } = await keysOnDisk(foreign)
  expect(await found()).toEqual({ secrets: foreign, isOwn: false, mending: [] })
})

test('without any key there is none', async () => {
  const { paths, found } = await keysOnDisk()
  for (const file of files) rmSync(paths[file])
  expect(await found()).toEqual({ secrets: undefined, isOwn: false, mending: [] })
  const first = await findSecrets(machine, paths, undefined)
  expect(first).toEqual({ secrets: undefined, isOwn: true, mending: [] })
  expect(files.filter((file) => existsSync(paths[file]))).toEqual([])
})

test("WireGuard's key is made anew where it is lost, and that of the certificate stays", async () => {
  const { paths, found } = await keysOnDisk()
  rmSync(paths.identity)
  writeFileSync(paths.wireguard, 'nonsense\n')
  const { secrets, isOwn, mending } = await found()
  expect(isOwn).toBe(true)
  expect(secrets?.key).toBe(own.key)
  expect(secrets?.wireguard.private).not.toBe(own.wireguard.private)
  expect(mending.map(({ path }) => path).sort()).toEqual([paths.identity, paths.wireguard].sort())
})

test("WireGuard's public half follows from the private one, as `wg pubkey` has it", () => {
  const { private: input, public: half } = own.wireguard
  expect(execFileSync('wg', ['pubkey'], { input, encoding: 'utf8' }).trim()).toBe(half)
  expect(wireguardPairOf(`${input}\n`)).toEqual(own.wireguard)
  for (const wrong of ['', 'x', input.slice(4), `${input}x`, undefined])
    expect(wireguardPairOf(wrong)).toBeUndefined()
})
