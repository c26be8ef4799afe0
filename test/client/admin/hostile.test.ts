import { describe, expect, test } from 'vitest'
import { renderAdmins } from '../../../src/client/admin/admins.ts'
import { cleanAuditLine, renderAuditLine } from '../../../src/client/admin/audit-text.ts'
import { renderLimits } from '../../../src/client/admin/limit-use.ts'
import { orderNodes, renderNodes } from '../../../src/client/admin/node-list.ts'
import { renderNode } from '../../../src/client/admin/node-show.ts'
import { renderReleases } from '../../../src/client/admin/releases.ts'
import { renderTokens } from '../../../src/client/admin/tokens.ts'
import { type AnswerOf, type EndpointName, endpoints } from '../../../src/protocol/endpoints.ts'
import { decodeAnswer } from '../../../src/protocol/messages.ts'
import { hostileTexts, powerful } from '../../fakes/hostile.ts'

const plain = (text: string) => text
const colours = { green: plain, yellow: plain, red: plain }
const hex = 'a'.repeat(64)

const node = {
  ...{ id: 'n1', role: 'node', site: 'aruba', name: 'aruba-1', state: 'failed', addresses: [] },
  ...{ class: null, slot: 1, token: null, lastSeen: 5, hostKeysChanged: true },
}
const report = { state: 'failed', version: '1.2.3' }
const token = {
  ...{ id: 'AAAAAAAAAAA', role: 'node', site: 'aruba', uses: 1, used: 0 },
  ...{ expires: 5, created: 1 },
}
const use = { limit: 1, peak: 1, average: 1, dropped: 1 }
const site = { site: 'aruba', nodes: [], slots: 1, taken: 0 }
const admin = { id: 'a', name: 'anna', rank: 'viewer', site: null, created: 1, revoked: null }
const line = { sequence: 1, time: 5, previous: '', hash: hex }
const release = {
  ...{ version: '1.2.3', platform: 'linux-x64', hash: hex, size: 5, created: 1, stored: true },
}

/** What is shown of an answer in which every text that may be anything is this one; undefined: it is refused. */
type View = (text: string) => string | undefined

function view<Name extends EndpointName>(
  name: Name,
  make: (text: string) => unknown,
  render: (answer: AnswerOf<Name>) => string,
): View {
  return (text) => {
    const decoded = decodeAnswer(name, make(text))
    return 'value' in decoded ? render(decoded.value) : undefined
  }
}

const views: Record<string, View> = {
  tokens: view(
    'tokenList',
    (text) => ({ tokens: [{ ...token, createdBy: text }] }),
    ({ tokens }) => renderTokens(tokens, 1),
  ),
  admins: view(
    'adminList',
    (text) => ({ admins: [{ ...admin, createdBy: text }] }),
    ({ admins }) => renderAdmins(admins),
  ),
  nodes: view(
    'nodeList',
    (text) => ({ nodes: [{ ...node, rung: text, class: text, version: text }] }),
    ({ nodes }) => renderNodes(orderNodes(nodes), { now: 9, colours }),
  ),
  'a node': view(
    'nodeShow',
    (text) => ({
      ...node,
      held: text,
      placeGone: text,
      ...{ facts: { hostname: 'x' }, identity: {}, tokenCreatedBy: text, token: token.id },
      report: {
        ...report,
        problems: [{ code: 'x', step: text, message: text }],
        update: { version: '1.2.3', outcome: 'failed', reason: text },
      },
    }),
    renderNode,
  ),
  'limits of sites': view(
    'siteList',
    (text) => ({
      sites: [{ ...site, hubs: [{ hub: 'hub1', rx: use, held: text }] }],
      hubs: [{ hub: 'hub1', limits: { rx: 1 }, rx: use, held: text }],
    }),
    ({ sites, hubs = [] }) => renderLimits(sites, hubs),
  ),
  releases: view(
    'releaseList',
    (text) => ({ releases: [{ ...release, version: text }] }),
    ({ releases }) => renderReleases(releases, 1),
  ),
  audit: view(
    'audit',
    (text) => ({ lines: [auditLineOf(text)], next: 1 }),
    ({ lines }) => lines.map(renderAuditLine).join(''),
  ),
  'audit as JSON': view(
    'audit',
    (text) => ({ lines: [auditLineOf(text)], next: 1 }),
    ({ lines }) => lines.map((one) => `${JSON.stringify(cleanAuditLine(one))}\n`).join(''),
  ),
}

function auditLineOf(text: string) {
  const detail = { name: text, [text]: text, list: [text, { [text]: text }] }
  return { ...line, actor: text, action: text, subject: text, outcome: text, source: text, detail }
}

describe.each(Object.entries(views))('the view of %s', (name, show) => {
  test('keeps its lines and its terminal, whatever it is given', () => {
    const usual = show('wg')?.split('\n').length
    let shown = 0
    for (const [what, text] of Object.entries(hostileTexts)) {
      const seen = show(text)
      if (seen === undefined) continue
      shown += 1
      expect([what, seen.replaceAll('\n', '').match(powerful)]).toEqual([what, null])
      if (text !== '') expect([what, seen.split('\n').length]).toEqual([what, usual])
    }
    if (!['nodes', 'releases'].includes(name)) expect(shown).toBeGreaterThan(20)
  })
})

test('of all endpoints that list something, each has a view above', () => {
  const lists = Object.keys(endpoints).filter((name) => /List$|^audit$|Show$/.test(name))
  expect(lists.sort()).toEqual(
    ['adminList', 'audit', 'nodeList', 'nodeShow', 'releaseList', 'siteList', 'tokenList'].sort(),
  )
})

test('nodes are in the order of sites and slots, and who waits comes last', () => {
  const make = (site: string, slot: number | null, role: 'node' | 'job' = 'node') =>
    ({ id: `${site}-${role}-${slot}`, site, slot, role }) as AnswerOf<'nodeList'>['nodes'][number]
  const given = [make('b', 1), make('a', null), make('a', 10), make('a', 1, 'job'), make('a', 9)]
  expect(orderNodes(given).map(({ id }) => id)).toEqual([
    ...['a-node-9', 'a-node-10', 'a-node-null', 'a-job-1', 'b-node-1'],
  ])
})

test('only a state looks like one', () => {
  const listed = { ...node, rung: 'ready', addresses: ['10.200.1.1'] }
  const nodes = [listed as AnswerOf<'nodeList'>['nodes'][number]]
  const red = (text: string) => `<${text}>`
  const text = renderNodes(nodes, { now: 9, colours: { green: red, yellow: red, red } })
  expect(text).toMatch(/<failed> .* ready .*<ssh key changed>/)
})
