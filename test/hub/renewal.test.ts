import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DynfarmError } from '../../src/errors.ts'
import type { HubIdentity } from '../../src/hub/identity.ts'
import { nothingKnown } from '../../src/hub/known.ts'
import { keepRenewed } from '../../src/hub/renewal.ts'
import { createAuthorities, createPerson, day } from '../pki/people.ts'
import { makeHub } from './acting.ts'

const authorities = await createAuthorities(new Date(Date.now() - 400 * day))
const second = 1000

/** Of a life that began and ends so many milliseconds from now. */
async function certificateOf(from: number, until: number): Promise<string> {
  const now = new Date(Date.now() + from)
  const lifeMs = until - from
  return (await createPerson(authorities, { role: 'hub', now, lifeMs })).certificate
}

/** A hub with this certificate, whose server gives these answers, and that ends after the last of them, or `forMs`. */
async function against(
  certificate: string,
  answers: readonly (string | Error)[],
  { stored = certificate, forMs = 0 } = {},
) {
  const { hub, said } = makeHub(nothingKnown)
  const own = { ...hub.identity, urls: ['u'], pins: ['p'], certificate }
  hub.become(own)
  hub.isLookWanted = false
  const kept = Buffer.from(JSON.stringify({ ...own, certificate: stored }))
  Object.assign(hub.machine, { readFile: async () => ({ content: kept }) })
  const end = new AbortController()
  let asked = 0
  const renew = async (): Promise<HubIdentity> => {
    const answer = answers[asked++]
    if (asked === answers.length) setImmediate(() => end.abort())
    if (answer === undefined || answer instanceof Error)
      throw answer ?? new Error('asked too often')
    return { ...hub.identity, certificate: answer }
  }
  if (forMs > 0) void sleep(forMs).then(() => end.abort())
  await keepRenewed(hub, renew, end.signal)
  return { hub, asked, said: said.text }
}

test('a certificate that is due is asked for, and the new one is the hub’s from then on', async () => {
  const next = await certificateOf(0, 300 * day)
  const { hub, asked, said } = await against(await certificateOf(-80 * day, 20 * day), [next])
  expect(asked).toBe(1)
  expect(hub.identity.certificate).toBe(next)
  expect(hub.isLookWanted).toBe(true)
  expect(said).toMatch(/the certificate of this hub is a new one, until \d{4}-/)
})

test('one that is not due is left alone until two thirds of its life are over', async () => {
  const early = await against(await certificateOf(-60 * day, 40 * day), [], { forMs: 50 })
  expect(early).toMatchObject({ asked: 0, said: '' })
  const next = await certificateOf(0, 300 * day)
  const { hub, asked } = await against(await certificateOf(-3 * second, 3 * second), [next])
  expect(asked).toBe(1)
  expect(hub.identity.certificate).toBe(next)
})

test('what was renewed by another hand is taken from the disk, an older one is not', async () => {
  const due = await certificateOf(-80 * day, 20 * day)
  const newer = await certificateOf(-10 * day, 90 * day)
  const taken = await against(due, [], { stored: newer, forMs: 50 })
  expect([taken.asked, taken.hub.identity.certificate]).toEqual([0, newer])
  const kept = await against(newer, [], { stored: due, forMs: 50 })
  expect([kept.asked, kept.hub.identity.certificate, kept.said]).toEqual([0, newer, ''])
})

test('a server that finds it early, or cannot give a longer one, changes nothing', async () => {
  const due = await certificateOf(-80 * day, 20 * day)
  const { hub, said } = await against(due, [due])
  expect([hub.identity.certificate, hub.isLookWanted, said]).toEqual([due, false, ''])
})

test('a server that is away is told of, and once it ended what to do', async () => {
  const away = new DynfarmError('server-unreachable', 'no server answers')
  const due = await against(await certificateOf(-80 * day, 20 * day), [away])
  expect(due.said).toMatch(/ends 20.* and could not be renewed: no server answers; tries again/)
  const refused = new DynfarmError('certificate-expired', 'it has expired')
  const { said, hub } = await against(await certificateOf(-80 * day, -day), [refused])
  expect(said).toMatch(/ended 20.*: nodes refuse its OpenVPN tunnels, .*it has expired/)
  expect(said).toContain('dynfarm token create --role hub --name hub1')
  expect(hub.isLookWanted).toBe(false)
})

test('anything else that is thrown is a bug', async () => {
  const bug = new TypeError('a bug')
  await expect(against(await certificateOf(-80 * day, 20 * day), [bug])).rejects.toBe(bug)
})
