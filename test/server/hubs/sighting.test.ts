import { describe, expect, test } from 'vitest'
import { followHost } from '../../../src/server/hubs/host-health.ts'
import { type Heard, hear, type Seen } from '../../../src/server/hubs/sighting.ts'

/** What one hub after the other says, as `TIME HUB STATE [RUNG [PORT]]`, and what the audit is told of it. */
function tell(words: readonly string[], { mayTell = true } = {}): string[] {
  let lastSeen: number | null = null
  let health: Record<string, unknown> | null = null
  return words.map((word) => {
    const [time = '', hub = '', state = '', rung, port] = word.split(' ')
    const now = Number(time) * 1000
    const seen = hear({ lastSeen, health }, heard({ state, rung, port, at: now }), {
      hub,
      now,
      behind: 0,
      mayTell,
    })
    if (seen === undefined) return 'ignored'
    lastSeen = seen.at
    health = { ...seen.health }
    return seen.told ? lineOf(seen.told) : '-'
  })
}

function heard(word: {
  state: string
  rung: string | undefined
  port?: string | undefined
  at: number
}): Heard {
  const outer = { address: '198.51.100.7', port: Number(word.port) }
  return {
    node: 'n1',
    state: word.state === 'up' ? 'up' : 'down',
    at: word.at,
    ...(word.rung !== undefined && { rung: word.rung }),
    ...(word.port !== undefined && { outer }),
  }
}

function lineOf({ state, hub, rung, outer, muted }: NonNullable<Seen['told']>): string {
  return [state, hub, rung, outer?.port, muted || undefined].filter(Boolean).join(' ')
}

describe('the audit is told', () => {
  test.each<[string, string[], string[]]>([
    [
      'of what came and went',
      ['1 h1 up wg', '2 h1 down', '3 h1 up wg'],
      ['up h1 wg', 'down h1 wg', 'up h1 wg'],
    ],
    [
      'nothing twice',
      ['1 h1 up wg 5', '2 h1 up wg 5', '3 h1 down', '4 h1 down'],
      ['up h1 wg 5', '-', 'down h1 wg 5', '-'],
    ],
    [
      'of another rung and another port',
      ['1 h1 up wg 5', '2 h1 up udp 5', '3 h1 up udp 6'],
      ['up h1 wg 5', 'up h1 udp 5', 'up h1 udp 6'],
    ],
    [
      'what is left out is as it was',
      ['1 h1 up wg 5', '2 h1 up', '3 h1 up wg'],
      ['up h1 wg 5', '-', '-'],
    ],
    [
      'of a node that went to another hub',
      ['1 h1 up wg 5', '2 h2 up udp', '3 h2 down'],
      ['up h1 wg 5', 'up h2 udp', 'down h2 udp'],
    ],
    [
      'nothing by a hub that it has left',
      ['1 h1 up wg', '2 h2 up wg', '3 h1 down', '4 h2 up wg'],
      ['up h1 wg', 'up h2 wg', 'ignored', '-'],
    ],
    [
      'nothing by a hub that heard it earlier',
      ['9 h1 up wg', '8 h2 up wg'],
      ['up h1 wg', 'ignored'],
    ],
    [
      'of what one hub says in order, whatever its clock does',
      ['9 h1 up wg', '8 h1 down'],
      ['up h1 wg', 'down h1 wg'],
    ],
    ['nothing of a node that never came', ['1 h1 down'], ['ignored']],
  ])('%s', (_, words, lines) => {
    expect(tell(words)).toEqual(lines)
  })

  test('six times a minute of a node that flaps, then of how it ended and how often it changed', () => {
    const states = Array.from({ length: 11 }, (_, at) => `${at + 1} h1 ${at % 2 ? 'down' : 'up'}`)
    const lines = tell([...states, '30 h1 up', '61 h1 up', '62 h1 down'])
    expect(lines.slice(0, 6)).toEqual(['up h1', 'down h1', 'up h1', 'down h1', 'up h1', 'down h1'])
    expect(lines.slice(6)).toEqual(['-', '-', '-', '-', '-', '-', 'up h1 5', 'down h1'])
  })

  test('again when the clock was set back', () => {
    const flaps = Array.from({ length: 7 }, (_, at) => `${9000 + at} h1 ${at % 2 ? 'down' : 'up'}`)
    expect(tell([...flaps, '60 h1 up']).slice(-2)).toEqual(['-', 'up h1 1'])
  })

  test('nothing where there is no room', () => {
    expect(tell(['1 h1 up', '2 h1 up', '3 h1 down'], { mayTell: false })).toEqual(['-', '-', '-'])
  })
})

describe('a sighting', () => {
  const hearAt = (at: number, behind: number) =>
    hear(
      { lastSeen: 50, health: null },
      { node: 'n1', state: 'up', at, outer: { address: '::FFFF:198.51.100.7', port: 1 }, rx: 5 },
      { hub: 'h1', now: 100, behind, mayTell: true },
    )

  test('is in time by the clock of the server, and never in its future', () => {
    expect([hearAt(70, 0)?.at, hearAt(1070, -1000)?.at, hearAt(500, 0)?.at]).toEqual([70, 70, 100])
    expect(hearAt(49, 0)).toBeUndefined()
    expect(hearAt(50, 0)?.at).toBe(50)
  })

  test('never makes one by the same hub older', () => {
    const seen = hear(
      { lastSeen: 50, health: { hub: 'h1', state: 'up' } },
      { node: 'n1', state: 'down', at: 40 },
      { hub: 'h1', now: 60, behind: 0, mayTell: true },
    )
    expect(seen).toMatchObject({ at: 50, health: { state: 'down' } })
  })

  test('has an address in its one spelling', () => {
    expect(hearAt(70, 0)?.health.outer).toEqual({ address: '198.51.100.7', port: 1 })
    expect(hearAt(70, 0)?.health.rx).toBe(5)
  })

  test('by another hub has nothing of what the first one counted', () => {
    const health = { hub: 'h1', state: 'up', rx: 5, rung: 'wg' }
    const seen = hear(
      { lastSeen: 50, health },
      { node: 'n1', state: 'up', at: 60 },
      { hub: 'h2', now: 60, behind: 0, mayTell: false },
    )
    expect(seen?.health).toEqual({
      hub: 'h2',
      state: 'up',
      lines: { since: 60, count: 0, muted: 1 },
    })
  })
})

test('links are as they were told last, unless there is none such', () => {
  const before = {
    at: 1,
    links: [
      { peer: 'ce', state: 'up' },
      { peer: 'gone', state: 'up' },
      { peer: 'lsf', state: 'up' },
    ],
  }
  const links = [
    { peer: 'ce', state: 'down' as const, since: 60 },
    { peer: 'alien', state: 'up' as const },
  ]
  const peers = new Set(['ce', 'lsf'])
  expect(followHost(before, { links, at: 100, behind: 50, peers })).toEqual({
    at: 100,
    links: [
      { peer: 'ce', state: 'down', since: 100 },
      { peer: 'lsf', state: 'up' },
    ],
  })
})
