import { describe, expect, test } from 'vitest'
import { renderAction, renderPlan, renderStep } from '../../src/plan/render.ts'
import type { Step } from '../../src/plan/step.ts'

const link: Step = {
  kind: 'command',
  reason: 'link to service ce',
  argv: ['ip', 'link', 'add', 'gre-ce', 'type', 'gre', 'remote', '192.0.2.22', 'ttl', '64'],
  undo: [{ argv: ['ip', 'link', 'del', 'gre-ce'] }],
}

const table: [string, Step, string][] = [
  ['a command', link, 'ip link add gre-ce type gre remote 192.0.2.22 ttl 64  # link to service ce'],
  ['no reason', { ...link, argv: ['true'], reason: '' }, 'true'],
  [
    'a batch',
    {
      kind: 'command',
      reason: 'routes of the nodes',
      argv: ['ip', '-batch', '-'],
      input: 'route add 10.200.1.1/32 dev wg0\nroute add 10.200.1.2/32 dev \x1bwg0\n',
    },
    [
      'ip -batch -  # routes of the nodes',
      '    route add 10.200.1.1/32 dev wg0',
      '    route add 10.200.1.2/32 dev \\x1bwg0',
    ].join('\n'),
  ],
  [
    'a secret input',
    { kind: 'command', reason: 'keys', argv: ['wg', 'setconf'], input: { secret: 'größe' } },
    'wg setconf  # keys\n    <redacted 7 bytes>',
  ],
  [
    'a file',
    { kind: 'file', reason: 'names', path: '/etc/hosts', content: 'a\n', mode: 0o644 },
    'write /etc/hosts (0644, 2 bytes)  # names',
  ],
  [
    'a file that keeps its mode',
    { kind: 'file', reason: 'names', path: '/etc/a b', content: Buffer.from('x') },
    "write '/etc/a b' (1 byte)  # names",
  ],
  [
    'a secret file',
    {
      kind: 'file',
      reason: 'the site',
      path: '/etc/munge/munge.key',
      content: { secret: 'k'.repeat(32) },
      mode: 0o400,
      owner: 'munge:munge',
    },
    'write /etc/munge/munge.key (0400, munge:munge, <redacted 32 bytes>)  # the site',
  ],
  [
    'no file',
    { kind: 'file', reason: 'left over', path: '/etc/old', content: null },
    'remove /etc/old  # left over',
  ],
  [
    'a wait',
    {
      kind: 'wait',
      reason: 'traffic\nflows',
      argv: ['ping', '-c1', '10.200.0.1'],
      timeoutMs: 10_000,
    },
    'wait up to 10 s for ping -c1 10.200.0.1  # traffic\\x0aflows',
  ],
]

describe('renderStep', () => {
  test.each(table)('%s', (_name, step, text) => expect(renderStep(step)).toBe(text))

  test('a plan is its Steps one under the other', () => {
    const text = renderPlan([link, { ...link, argv: ['true'] }])
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual(['ip', 'true'])
  })

  test('the name of a Step is one line without its reason', () => {
    for (const [, step, text] of table) {
      expect(text.startsWith(renderAction(step))).toBe(true)
      expect(renderAction(step)).not.toMatch(/\n| {2}#/)
    }
  })
})
