import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { RollingFile } from '../../../src/apply/rolling-file.ts'
import { FlowLines, type Names } from '../../../src/hub/flow-log/lines.ts'
import { flowReadings, parseFlows } from '../../../src/hub/flow-log/listing.ts'

type Key = [from: string, proto: string, sport: number, to: string, port: number]

const toService: Key = ['10.200.1.1', 'tcp', 40000, '192.0.2.22', 9618]
const toSecret: Key = ['10.200.1.1', 'udp', 40001, '192.0.2.66', 53]
const toNode: Key = ['192.0.2.22', 'icmp', 2048, '10.200.1.1', 4711]
const now = Date.UTC(2026, 0, 1, 12, 0, 30)

const element = (concat: Key, expires: number) => ({ elem: { val: { concat }, expires } })

function listing(
  tried: [Key, number][],
  { passed = [] as Key[], counters = [] as number[] } = {},
): string[] {
  const rule = (packets: number) => ({ rule: { expr: [{ counter: { packets, bytes: 0 } }] } })
  return [
    [{ set: { name: 'tried4', elem: tried.map(([key, left]) => element(key, left)) } }],
    [{ set: { name: 'passed4', elem: passed.map((key) => element(key, 20)) } }],
    [{ chain: { name: 'flows' } }, ...counters.map(rule)],
  ].map((nftables) => JSON.stringify({ nftables: [{ metainfo: {} }, ...nftables] }))
}

const node = { id: 'n', name: 'aruba-1', site: 'aruba', class: null, quarantined: false }
const ce = { name: 'ce', addresses: ['192.0.2.22'], names: [], 'from-nodes': [], 'to-nodes': [] }
const names: Names = {
  nodeAt: (address) => (address === '10.200.1.1' ? { ...node, addresses: [address] } : undefined),
  serviceAt: (address) => (address === '192.0.2.22' ? ce : undefined),
}

function take(lines: FlowLines, text: readonly string[], at = now): object[] {
  return lines.take(parseFlows(text, at), names, at).map((line) => JSON.parse(line))
}

describe('the log of flows', () => {
  test('says who began what with whom, when, and what became of it', () => {
    const text = listing(
      [
        [toService, 28],
        [toSecret, 10],
        [toNode, 30],
      ],
      { passed: [toService, toNode] },
    )
    expect(take(new FlowLines(), text)).toEqual([
      {
        ...{ time: '2026-01-01T12:00:28Z', site: 'aruba', node: 'aruba-1', service: 'ce' },
        ...{ direction: 'from-node', proto: 'tcp', from: '10.200.1.1', to: '192.0.2.22' },
        ...{ 'from-port': 40000, 'to-port': 9618, verdict: 'passed' },
      },
      {
        ...{ time: '2026-01-01T12:00:10Z', site: 'aruba', node: 'aruba-1', service: null },
        ...{ direction: 'from-node', proto: 'udp', from: '10.200.1.1', to: '192.0.2.66' },
        ...{ 'from-port': 40001, 'to-port': 53, verdict: 'refused' },
      },
      {
        ...{ time: '2026-01-01T12:00:30Z', site: 'aruba', node: 'aruba-1', service: 'ce' },
        ...{ direction: 'to-node', proto: 'icmp', from: '192.0.2.22', to: '10.200.1.1' },
        verdict: 'passed',
      },
    ])
  })

  test('tells a flow once, though listings overlap, and again when it begins again', () => {
    const lines = new FlowLines()
    expect(take(lines, listing([[toService, 28]]))).toHaveLength(1)
    expect(take(lines, listing([[toService, 26]]), now + 2_000)).toEqual([])
    expect(take(lines, listing([[toService, 3]]), now + 26_000)).toEqual([])
    expect(take(lines, listing([[toService, 29]]), now + 31_000)).toHaveLength(1)
  })

  test('says how many it could not tell, also when the counters began anew', () => {
    const lines = new FlowLines()
    expect(take(lines, listing([], { counters: [3, 4] }))).toMatchObject([{ lost: 7 }])
    expect(take(lines, listing([], { counters: [3, 4] }))).toEqual([])
    expect(take(lines, listing([], { counters: [3, 9] }))).toMatchObject([{ lost: 5 }])
    expect(take(lines, listing([], { counters: [0, 2] }))).toMatchObject([{ lost: 2 }])
  })

  test('asks what was tried before what passed', () => {
    expect(flowReadings(['ipv4', 'ipv6']).map((argv) => argv.slice(-2).join(' '))).toEqual([
      ...['dynfarm tried4', 'dynfarm tried6', 'dynfarm passed4', 'dynfarm passed6'],
      'dynfarm flows',
    ])
  })
})

describe('a file that rolls', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-rolling-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('keeps whole lines, the newest, within its bound, for root alone', async () => {
    const path = join(folder, 'deep', 'log')
    const file = new RollingFile(path, { mostBytes: 25, kept: 2 })
    for (let at = 0; at < 20; at++) await file.append([`line ${at}`])
    expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['log', 'log.1', 'log.2'])
    const text = ['log.2', 'log.1', 'log'].map((name) =>
      readFileSync(join(folder, 'deep', name), 'utf8'),
    )
    expect(text.join('')).toMatch(/^line 1[2-4]\n(line \d+\n)*line 19\n$/)
    for (const part of text) expect(part.length).toBeLessThanOrEqual(25)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})
