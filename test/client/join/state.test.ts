import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { convergePlan } from '../../../src/apply/apply.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import {
  findKept,
  type Kept,
  loadKept,
  nodePaths,
  planCopy,
  planForget,
  planKept,
} from '../../../src/client/join/state.ts'
import { loadNote } from '../../../src/client/join/update-note.ts'
import { decode } from '../../../src/protocol/decode.ts'
import { keptJoin } from '../../../src/protocol/schema/kept.ts'
import { testFolder } from '../../fakes/folder.ts'

const machine = realMachine()
const block = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`

const written = {
  ...{ servers: ['https://hub1:8443'], pins: ['ab'.repeat(32)], centre: 'example' },
  ...{ releaseKey: block('PUBLIC KEY'), files: ['/etc/farm'], problems: [] },
  answer: {
    ...{ time: 1, position: 'one.1', hubs: [], rungs: [], services: [] },
    node: {
      ...{ id: 'n1', name: 'aruba-1', fqdn: 'aruba-1.example.org', role: 'node', site: 'aruba' },
      ...{ class: null, slot: 1, addresses: ['10.200.1.1'] },
    },
    ...{ certificate: block('CERTIFICATE'), authorities: { node: block('CERTIFICATE') } },
    pins: { server: ['ab'.repeat(32)], release: block('PUBLIC KEY'), rotations: [] },
  },
}
const kept = decoded(written)
const now: Kept = { ...kept, standing: { rung: 'wg', mtu: 1400 }, hello: 5 }

/** As an answer is, once it was read. */
function decoded(value: unknown): Kept {
  const one = decode(keptJoin, value)
  if ('fault' in one) throw new Error(`${one.fault.path} ${one.fault.what}`)
  return one.value as Kept
}

/** As a join leaves them. */
async function keptOnDisk() {
  const state = testFolder()
  mkdirSync(`${state}/node`)
  const paths = nodePaths(state)
  const steps = [...planKept(paths, now, undefined), ...(await planCopy(machine, paths, now))]
  await convergePlan(steps, { machine })
  return paths
}

const damages: Record<string, (path: string) => void> = {
  gone: (path) => rmSync(path),
  empty: (path) => writeFileSync(path, ''),
  'cut off': (path) => writeFileSync(path, readFileSync(path).subarray(0, 200)),
  'of another shape': (path) => writeFileSync(path, '{"servers":"all"}\n'),
  'a list': (path) => writeFileSync(path, '[]\n'),
  'of a later dynfarm': (path) => {
    const { answer, ...rest } = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...rest, answers: [answer] }))
  },
  'a folder': (path) => {
    rmSync(path)
    mkdirSync(path)
  },
}

describe.each(Object.entries(damages))('what is kept, of which a file is %s', (kind, damage) => {
  test('is had from its copy, and told', async () => {
    const paths = await keptOnDisk()
    damage(paths.config)
    const found = await findKept(machine, paths)
    expect(found.kept).toEqual(kept)
    expect(found.damage).toContain(paths.config)
    expect(await loadKept(machine, paths)).toEqual(kept)
    if (kind === 'a folder') return
    await convergePlan(planKept(paths, now, undefined), { machine })
    expect(await findKept(machine, paths)).toEqual({ kept: now, damage: undefined })
  })

  test('does without the copy, which is written anew', async () => {
    const paths = await keptOnDisk()
    expect(await planCopy(machine, paths, now)).toEqual([])
    damage(paths.copy)
    expect(await findKept(machine, paths)).toEqual({ kept: now, damage: undefined })
    expect(await planCopy(machine, paths, now)).toMatchObject([{ path: paths.copy, mode: 0o600 }])
  })

  test('is lost with both, which who needs it is told with a way out', async () => {
    const paths = await keptOnDisk()
    damage(paths.config)
    damage(paths.copy)
    const found = await findKept(machine, paths)
    if (kind === 'gone') return expect(found).toEqual({ kept: undefined, damage: undefined })
    expect(found).toEqual({ kept: undefined, damage: expect.stringContaining(paths.config) })
    await expect(loadKept(machine, paths)).rejects.toMatchObject({
      code: 'state-damaged',
      message: expect.stringContaining(paths.config),
      hint: expect.stringMatching(/--token-file FILE.*node forget.*dynfarm leave/),
    })
  })
})

test('the copy follows what lasts, and nothing that passes', async () => {
  const paths = await keptOnDisk()
  const passing: Kept = {
    ...{ ...now, standing: { rung: 'tcp', mtu: 1300 }, hello: 9, clock: 1_700_000_000_000 },
    problems: [{ code: 'x', step: 'y', message: 'z' }],
    answer: { ...now.answer, time: 7, position: 'one.8' },
  }
  expect(await planCopy(machine, paths, passing)).toEqual([])
  expect(await planCopy(machine, paths, { ...now, servers: ['https://hub2:8443'] })).toHaveLength(1)
})

test('to forget is to forget the copy too', () => {
  const paths = nodePaths('/s')
  const { folder: _, ...files } = paths
  expect(
    planForget(paths)
      .map((step) => 'path' in step && step.path)
      .sort(),
  ).toEqual(Object.values(files).sort())
})

test('a note about a release that cannot be read is none', async () => {
  const paths = await keptOnDisk()
  writeFileSync(paths.update, '{"offer":')
  expect(await loadNote(machine, paths)).toBeUndefined()
})
