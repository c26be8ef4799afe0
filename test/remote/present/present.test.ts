import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { StreamName } from '../../../src/remote/channel-output.ts'
import { makeScratch } from '../../../src/remote/files/scratch.ts'
import { presentGathered } from '../../../src/remote/present/gather.ts'
import { makeRoom, type Room } from '../../../src/remote/present/kept.ts'
import { presentLive } from '../../../src/remote/present/live.ts'
import type { Presenter } from '../../../src/remote/present/presenter.ts'
import { presentRecords } from '../../../src/remote/present/records.ts'
import type { HostRecord } from '../../../src/remote/record.ts'

type Event = readonly [node: string, text: string | Buffer | 'END', stream?: StreamName]

/** What is printed when these bytes come in this order. */
async function show(make: (print: Print) => Presenter, events: readonly Event[]) {
  const printed = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  const presenter = make(async (bytes, to) => void printed[to].push(bytes))
  for (const node of new Set(events.map(([name]) => name))) await presenter.begin(node)
  for (const [node, text, stream = 'stdout'] of events) {
    if (text === 'END') await presenter.end(recordOf(node))
    else await presenter.take(node, Buffer.from(text as string), stream)
  }
  await presenter.finish()
  const text = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString('latin1')
  return { stdout: text(printed.stdout), stderr: text(printed.stderr) }
}

type Print = (bytes: Uint8Array, to: StreamName) => Promise<void>

function recordOf(node: string): HostRecord {
  const outcome = { class: 'ok', phase: 'exit', started: true, exit: 0 } as const
  return {
    node,
    site: 'a',
    ...outcome,
    attempts: 1,
    durations: { total: 1 },
    bytes: { stdout: 0, stderr: 0 },
  }
}

const nowhere = { stdout: false, stderr: false }
const live =
  (isTerminal = nowhere) =>
  (print: Print) =>
    presentLive({ print, isTerminal, prefix: (node) => `${node}: ` })

describe('live lines', () => {
  test('are whole, whoever else prints between', async () => {
    const { stdout } = await show(live(), [
      ['a', 'one '],
      ['b', 'x\ny'],
      ['a', 'line\n'],
      ['b', 'END'],
      ['a', 'rest'],
    ])
    expect(stdout).toBe('b: x\na: one line\nb: y\na: rest\n')
  })

  test('have no power over a terminal, and are as they are elsewhere', async () => {
    const text = 'a\u001b]0;x\u0007b\u009b2J\r\n\u202eevil\tc\n'
    const shown = await show(live({ stdout: true, stderr: true }), [['n', text]])
    expect(Buffer.from(shown.stdout, 'latin1').toString()).toBe(
      'n: a\ufffd]0;x\ufffdb\ufffd2J\nn: \ufffdevil\tc\n',
    )
    expect(Buffer.from((await show(live(), [['n', text]])).stdout, 'latin1').toString()).toContain(
      '\u001b]0;x',
    )
  })
})

const gather =
  (over: Partial<Room> = {}, diff = false) =>
  (print: Print) =>
    presentGathered({
      print,
      isTerminal: nowhere,
      diff,
      room: { ...makeRoom(makeScratch(), () => undefined), ...over },
    })

const rule = '---------------\n'

describe('gathered output', () => {
  test('is shown once, the largest group first, and each stream by itself', async () => {
    const { stdout, stderr } = await show(gather(), [
      ['n1', 'odd\n'],
      ['n2', 'same'],
      ['n3', 'sa'],
      ['n3', 'me'],
      ['n4', 'e\n', 'stderr'],
      ['n2', 'END'],
    ])
    expect(stdout).toBe(`${rule}n[2-3] (2)\n${rule}same\n${rule}n1 (1)\n${rule}odd\n`)
    expect(stderr).toBe(`${rule}n4 (1)\n${rule}e\n`)
  })

  test('differs by its last newline too', async () => {
    expect(
      (
        await show(gather(), [
          ['n1', 'a\n'],
          ['n2', 'a'],
        ])
      ).stdout,
    ).toContain('n1 (1)')
  })

  test('is shown as a difference to the largest group', async () => {
    const events: Event[] = [
      ['n1', 'a\nb\n'],
      ['n2', 'a\nb\n'],
      ['n3', 'a\n\u00fc\n'],
    ]
    const { stdout } = await show(gather({}, true), events)
    const text = Buffer.from(stdout, 'latin1').toString()
    expect(text).toBe(
      `${rule}n[1-2] (2)\n${rule}a\nb\n${rule}n3 (1)\n${rule}--- n[1-2]\n+++ n3\n@@ -2 +2 @@\n-b\n+\u00fc\n`,
    )
  })

  test('is shown whole where a difference would take too long', async () => {
    const long = `${'x'.repeat(3 * 2 ** 20)}\n`
    const events: Event[] = [
      ['n1', long],
      ['n2', `${long}y\n`],
    ]
    expect((await show(gather({}, true), events)).stdout).not.toContain('@@')
  })

  test('leaves memory when another node gave the same', async () => {
    const room = makeRoom(makeScratch(), () => undefined)
    const make = (print: Print) =>
      presentGathered({ print, isTerminal: nowhere, diff: false, room })
    await show(make, [
      ['n1', 'same'],
      ['n2', 'same'],
      ['n3', 'other!'],
    ])
    expect(room.held).toBe(10)
  })

  test('takes memory once for what several nodes print, while they print it', async () => {
    const room = makeRoom(makeScratch(), () => undefined)
    const { begin, take, end, finish } = presentGathered({
      ...{ print: async () => undefined, isTerminal: nowhere, diff: false, room },
    })
    const text = 'a line\n'.repeat(50_000)
    const most = 2 * text.length
    for (const node of ['n1', 'n2', 'n3', 'n4']) await begin(node)
    for (let at = 0; at < text.length; at += 10_007) {
      for (const node of ['n1', 'n2', 'n3', 'n4'])
        await take(node, Buffer.from(text.slice(at, at + 10_007)), 'stdout')
      expect(room.held).toBeLessThan(most)
    }
    for (const node of ['n1', 'n2', 'n3', 'n4']) await end(recordOf(node))
    expect(room.held).toBe(text.length)
    await finish()
  })

  test('is not taken for another that prints its hash', async () => {
    const block = Buffer.alloc(65_536, 'x')
    const told = await show(gather(), [
      ['n1', block],
      ['n2', createHash('sha256').update(block).digest('base64')],
    ])
    expect(told.stdout).toContain('n1 (1)')
    expect(told.stdout).toContain('n2 (1)')
  })

  test('beyond the bound lies on disk, whole and in order', async () => {
    let spills = 0
    const full = { held: 64 * 1024 * 1024, onSpill: () => void spills++ }
    const piece = (n: number) => `${String(n).padStart(7, '0')}\n`.repeat(20_000)
    const events: Event[] = [0, 1, 2].flatMap((n): Event[] => [
      ['n1', piece(n)],
      ['n2', piece(n + 5)],
    ])
    const { stdout } = await show(gather(full), events)
    const part = (from: number) => [0, 1, 2].map((n) => piece(n + from)).join('')
    expect(stdout).toBe(`${rule}n1 (1)\n${rule}${part(0)}${rule}n2 (1)\n${rule}${part(5)}`)
    expect(spills).toBeGreaterThan(0)
  })
})

describe('records', () => {
  const printed = async (events: readonly Event[], over: Partial<Room> = {}) => {
    const room = { ...makeRoom(makeScratch(), () => undefined), ...over }
    const { stdout } = await show((print) => presentRecords(print, room), events)
    expect(room.held).toBe(over.held ?? 0)
    return Buffer.from(stdout, 'latin1').toString()
  }
  const parsed = async (events: readonly Event[]) => JSON.parse(await printed(events))

  test('have text as text and bytes as base64', async () => {
    expect(
      await parsed([
        ['n', 'h\u00e9'],
        ['n', Buffer.from([0xff]), 'stderr'],
        ['n', 'END'],
      ]),
    ).toMatchObject({
      node: 'n',
      class: 'ok',
      exit: 0,
      truncated: false,
      stdout: 'h\u00e9',
      stderrBase64: '/w==',
    })
  })

  test('keep the beginning of what is long, and say so', async () => {
    const long = 'x'.repeat(700_000)
    const record = await parsed([
      ['n', long],
      ['n', long],
      ['n', 'END'],
    ])
    expect({ ...record, stdout: record.stdout.length }).toMatchObject({
      truncated: true,
      stdout: 2 ** 20,
    })
    const exact = await parsed([
      ['n', 'x'.repeat(2 ** 20)],
      ['n', 'END'],
    ])
    expect(exact.truncated).toBe(false)
  })

  test('are printed one after the other, also of nodes that end at once', async () => {
    const printing = { now: 0, most: 0 }
    const print = async () => {
      printing.now += 1
      printing.most = Math.max(printing.most, printing.now)
      await new Promise(setImmediate)
      printing.now -= 1
    }
    const presenter = presentRecords(
      print,
      makeRoom(makeScratch(), () => undefined),
    )
    await Promise.all(['a', 'b', 'c'].map((node) => presenter.end(recordOf(node))))
    expect(printing).toEqual({ now: 0, most: 1 })
  })

  test('lie on disk beyond the bound, whole, and are told in the order in which their nodes end', async () => {
    let spills = 0
    const full = { held: 64 * 1024 * 1024, onSpill: () => void spills++ }
    const long = (n: number) => `${n} `.repeat(100_000)
    const begun = [1, 2].map((n): Event => [`n${n}`, long(n)])
    const lines = await printed([...begun, ['n2', 'END'], ['n1', 'END']], full)
    const told = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(told.map(({ node, stdout }) => [node, stdout === long(Number(node.slice(1)))])).toEqual([
      ['n2', true],
      ['n1', true],
    ])
    expect(spills).toBeGreaterThan(0)
  })
})
