import { expect, test } from 'vitest'
import type { Client } from '../../src/client/requests.ts'
import { DynfarmError } from '../../src/errors.ts'
import { follow } from '../../src/hub/follower.ts'
import { type Feed, type Known, nothingKnown } from '../../src/hub/known.ts'
import { makeHub } from './acting.ts'
import { feed, feedNode, known } from './records.ts'

type Answer = Feed | Error | { position: string }

/** A server that gives these answers, one after the other, and ends the hub after the last. */
async function against(before: Known, answers: readonly Answer[]) {
  const { hub, said } = makeHub(before)
  const end = new AbortController()
  const asked: unknown[] = []
  const left = [...answers]
  const request = async (name: string, { query, body }: { query?: object; body?: object }) => {
    asked.push([name, body ?? query])
    const answer = left.shift()
    if (answer === undefined) {
      end.abort()
      throw new Error('aborted')
    }
    if (answer instanceof Error) throw answer
    return answer
  }
  await follow(hub, { request } as unknown as Client, end.signal)
  return { hub, asked, said: said.text }
}

const ids = ({ nodes }: { nodes: readonly { id: string }[] }) => nodes.map(({ id }) => id)

test('takes the first list, and asks on from there', async () => {
  const { hub, asked } = await against(nothingKnown, [feed({ nodes: [feedNode(1)] })])
  expect(ids(hub)).toEqual(['n1'])
  expect(asked).toEqual([
    ['feed', { wait: '50' }],
    ['feed', { since: 'one.5', config: 'ab'.repeat(32), wait: '50' }],
  ])
})

test.each([
  ['that asks for what the hub knows', true],
  ['that does not even ask', false],
])('a store of another epoch %s hears it before anything is taken in', async (_, seed) => {
  const empty = feed({ position: 'two.1', seed, nodes: [] })
  const before = { ...known(feedNode(1), feedNode(2)), revoked: new Set(['n2']) }
  const after = feed({ position: 'two.4', nodes: [feedNode(1), feedNode(2)] })
  const { hub, asked } = await against(before, [empty, { position: 'two.3' }, after])
  expect(asked[1]).toEqual([
    'hubSeed',
    { position: 'one.5', nodes: [feedNode(1), feedNode(2)], revoked: ['n2'] },
  ])
  expect(asked[2]).toEqual(['feed', { config: 'ab'.repeat(32), wait: '50' }])
  expect(ids(hub)).toEqual(['n1'])
  expect(hub.known.position).toBe('two.4')
})

test('until it has heard, an empty list drops nobody', async () => {
  const empty = feed({ position: 'two.1', nodes: [] })
  const refusal = new DynfarmError('server-failed', 'the seed is not taken')
  const { hub } = await against(known(feedNode(1)), [empty, refusal])
  expect(ids(hub)).toEqual(['n1'])
})

test('news without their beginning are not taken in: all is asked for', async () => {
  const news = feed({ kind: 'delta', nodes: [feedNode(2)] })
  const { hub, asked } = await against(nothingKnown, [news, feed({ nodes: [feedNode(1)] })])
  expect(ids(hub)).toEqual(['n1'])
  expect(asked[1]).toEqual(['feed', { wait: '50' }])
  const lost = { ...known(feedNode(1)), position: 'one.9' }
  const other = feed({ kind: 'delta', position: 'two.1', nodes: [] })
  const told = await against(lost, [other, { position: 'two.1' }, other])
  expect(ids(told.hub)).toEqual(['n1'])
  expect(told.asked.slice(2)).toEqual([
    ['feed', { config: 'ab'.repeat(32), wait: '50' }],
    ['feed', { wait: '50' }],
  ])
})

test('a server that is away changes nothing, and is told of once', async () => {
  const away = () => new DynfarmError('server-unreachable', 'no server answers')
  const { hub, said } = await against(known(feedNode(1)), [away(), away()])
  expect(ids(hub)).toEqual(['n1'])
  expect(said.match(/no server answers/g)).toHaveLength(1)
})

test('anything else that is thrown is a bug', async () => {
  const bug = new TypeError('a bug')
  await expect(against(nothingKnown, [bug])).rejects.toBe(bug)
})
