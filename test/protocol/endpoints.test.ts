import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorTable } from '../../src/errors.ts'
import { decode } from '../../src/protocol/decode.ts'
import { pathParameters } from '../../src/protocol/endpoints.ts'
import { renderOpenApi } from '../../src/protocol/openapi.ts'
import { parsePosition, renderPosition } from '../../src/protocol/position.ts'
import {
  isProblemCode,
  type ProblemCode,
  problemStatus,
  renderProblem,
} from '../../src/protocol/problems.ts'
import { problem } from '../../src/protocol/schema/problem.ts'
import { endpointList } from './schemas.ts'

/** Who may call what, said a second time: a change here is one of who may do what to whom. */
const callers = `
POST /v1/join: token anyone node job hub service
POST /v1/nodes/self/report: node job
DELETE /v1/nodes/self: node job
GET /v1/releases/{version}/{platform}/manifest: node job hub service
GET /v1/releases/{version}/{platform}: node job hub service
GET /v1/hub/feed: hub service
POST /v1/hub/report: hub service
POST /v1/hub/seed: hub
admin POST /v1/tokens: operator admin
admin GET /v1/tokens: viewer operator admin
admin POST /v1/tokens/{token}/revoke: operator admin
admin POST /v1/tokens/{token}/open: admin
admin GET /v1/nodes: viewer operator admin
admin GET /v1/nodes/{node}: viewer operator admin
admin POST /v1/nodes/{node}/approve: operator admin
admin POST /v1/nodes/{node}/revoke: operator admin
admin POST /v1/nodes/{node}/forget: operator admin
admin POST /v1/nodes/{node}/refresh: operator admin
admin POST /v1/nodes/{node}/accept-key: operator admin
admin POST /v1/admins: admin
admin GET /v1/admins: viewer operator admin
admin POST /v1/admins/{admin}/revoke: admin
admin POST /v1/releases: admin
admin PUT /v1/releases/{version}/{platform}: admin
admin GET /v1/releases: viewer operator admin
admin GET /v1/audit: viewer operator admin
admin GET /v1/audit/check: admin
admin GET /v1/remote/inventory: viewer operator admin
admin POST /v1/remote/runs: operator admin
admin GET /v1/sites: viewer operator admin
admin POST /v1/reload: admin
admin GET /healthz: anyone
admin GET /readyz: anyone
admin GET /metrics: anyone
admin GET /openapi.json: anyone
`

describe('the table of endpoints', () => {
  it('says who may call what', () => {
    const lines = endpointList.map(([, { listener, method, path, callers: who }]) => {
      return `${listener === 'admin' ? 'admin ' : ''}${method} ${path}: ${who.join(' ')}`
    })
    expect(lines.join('\n')).toBe(callers.trim())
  })

  it('knows every name in a path', () => {
    const names = endpointList.flatMap(([, { path }]) => path.match(/(?<=\{)[^}]*/g) ?? [])
    expect([...new Set(names)].sort()).toEqual(Object.keys(pathParameters).sort())
  })

  it('lets bodies only come where they are read', () => {
    for (const [name, { request, bodyLimit, method }] of endpointList) {
      if (request !== undefined) expect(bodyLimit, name).toBeGreaterThan(0)
      if (method === 'GET' || method === 'DELETE') expect(bodyLimit, name).toBe(0)
    }
  })
})

describe('the OpenAPI document', () => {
  const text = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')

  it('is what scripts/openapi makes', () => {
    expect(text).toBe(renderOpenApi())
  })

  it('has all that it refers to, and refers to all that it has', () => {
    const { components } = JSON.parse(text)
    const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    const referred = [...new Set(named)].filter((name) => name !== undefined)
    expect(referred.sort()).toEqual(Object.keys(components.schemas))
  })

  it('has every endpoint once', () => {
    const { paths } = JSON.parse(text)
    const operations = Object.values<object>(paths).flatMap((path) => Object.values(path))
    const ids = operations.map(({ operationId }) => operationId)
    expect(ids.sort()).toEqual(endpointList.map(([name]) => name).sort())
  })

  it('has none of our own keywords', () => {
    expect(text).not.toMatch(/"(noun|hostile|tolerant)":/)
  })
})

describe('a problem', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const codes = Object.keys(problemStatus) as ProblemCode[]

  it.each(codes)('%s is as its schema says', (code) => {
    const body = renderProblem({ code, detail: 'why', path: '/token', retryAfter: 5, now })
    expect(decode(problem, body)).toEqual({ value: body })
    expect(isProblemCode(code)).toBe(true)
  })

  it('tells what it can', () => {
    expect(renderProblem({ code: 'slots-full', detail: 'site "aruba" is full', now })).toEqual({
      type: 'urn:dynfarm:slots-full',
      code: 'slots-full',
      title: 'slots full',
      status: 503,
      detail: 'site "aruba" is full',
      time: now.getTime(),
    })
  })

  it.each(codes)('%s is tried again only where that can help', (code) => {
    const isPassing = [429, 500, 503].includes(problemStatus[code])
    if (isPassing) expect(errorTable[code].exit).toBe(75)
    if (errorTable[code].exit !== 75) expect(isPassing).toBe(false)
  })

  it.each(['constructor', 'usage', ''])('%j is no code of an answer', (code) => {
    expect(isProblemCode(code)).toBe(false)
  })
})

describe('a position', () => {
  it.each(['e1.0', 'Ab-9_.17', 'e.999999999999999'])('%s is read as it is written', (text) => {
    const position = parsePosition(text)
    expect(position && renderPosition(position)).toBe(text)
  })

  it.each(['', 'e', 'e.', '.1', 'e.01', 'e.-1', 'e.1.2', 'e.9999999999999999', 'e.1\n'])(
    '%j is none',
    (text) => {
      expect(parsePosition(text)).toBeUndefined()
    },
  )
})
