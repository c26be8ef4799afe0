import { beforeEach, describe, expect, test } from 'vitest'
import { renderTokens, stateOf } from '../../src/client/admin/tokens.ts'
import { parseToken } from '../../src/pki/token.ts'
import { asRoot } from '../server/command-line.ts'
import { startTestServer, type TestServer } from '../server/test-server.ts'

let server: TestServer
let id = ''
const run = (...words: string[]) => asRoot(server, words)

beforeEach(async () => {
  server = await startTestServer()
  const { stdout } = await run('token', 'create', '--site', 'aruba', '--json')
  id = JSON.parse(stdout).id
})

describe('token create', () => {
  test('prints the token alone, and says what it is for', async () => {
    const words = ['--site', 'aruba', '--uses', '10', '--ttl', '2h', '--slot', '7']
    const { code, stdout, stderr } = await run(
      'token',
      'create',
      ...words,
      '--source',
      '10.0.0.0/8',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/^dft\w{103}\n$/)
    expect(parseToken(stdout.trim())).toBeDefined()
    expect(stderr).toMatch(
      /^dynfarm: token \w{11} for 10 machines of "aruba", slot 7, from 10\.0\.0\.0\/8, until 2\S+Z; it is shown this once\n$/,
    )
    expect(stderr).not.toContain(stdout.trim())
  })

  test('says nothing else with --quiet, and all of it with --json', async () => {
    const quiet = await run('token', 'create', '--site', 'aruba', '--quiet')
    expect(quiet).toMatchObject({ code: 0, stderr: '' })
    const { stdout } = await run('token', 'create', '--site', 'aruba', '--json')
    const made = JSON.parse(stdout)
    expect(Object.keys(made)).toEqual(['id', 'token', 'expires'])
    expect(Math.round((made.expires - Date.now()) / 3_600_000)).toBe(24)
  })

  test('makes one for a host, which lasts an hour', async () => {
    const { stdout } = await run('token', 'create', '--role', 'hub', '--name', 'hub1', '--json')
    expect(Math.round((JSON.parse(stdout).expires - Date.now()) / 60_000)).toBe(60)
    const said = await run('token', 'create', '--role', 'service', '--name', 'ce')
    expect(said.stderr).toContain('for the service "ce", until')
  })

  const faults: [string[], number, string][] = [
    [[], 64, 'a token for a node is for one site'],
    [['--site', 'arba'], 64, 'no site "arba"'],
    [['--site', 'Aruba'], 64, 'site "Aruba" is not the name of a site'],
    [['--site', 'aruba', '--class', 'x'], 64, 'no class "x" in site "aruba"'],
    [['--site', 'aruba', '--uses', '0'], 64, 'uses "0" is below 1'],
    [['--site', 'aruba', '--uses', 'many'], 64, '--uses "many" is not a number'],
    [['--site', 'aruba', '--ttl', '5'], 64, '--ttl "5" is not a duration\n  as 30m, 2h or 7d'],
    [['--site', 'aruba', '--ttl', '10ms'], 64, 'ttl "10" is below 1000'],
    [['--site', 'aruba', '--slot', '999'], 64, 'no "999"'],
    [['--site', 'aruba', '--slot', '-1'], 64, '--slot "-1" is not a number'],
    [['--site', 'aruba', '--source', 'nowhere'], 64, 'sources "nowhere" is not a network'],
    [['--site', 'aruba', '--role', 'job'], 64, '"aruba" has no job slots'],
    [
      ['--role', 'hub', '--name', 'hub9'],
      64,
      'centre.yaml has no hub "hub9"; did you mean "hub1"?',
    ],
    [['--role', 'hub', '--name', 'hub1', '--ttl', '2d'], 64, 'lasts a day at most'],
  ]
  test.each(faults)('%j is refused with exit %d', async (words, code, message) => {
    const ended = await run('token', 'create', ...words)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(message)
  })
})

describe('token list', () => {
  test('is a table, the newest first, without secrets', async () => {
    await run('token', 'create', '--role', 'service', '--name', 'ce')
    const { code, stdout } = await run('token', 'list')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ID +FOR +USES +STATE +EXPIRES +LIMITS +CREATED +BY\n/)
    expect(stdout).toMatch(/^\w{11} +service ce +0\/1 +open +2\S+Z +- +2\S+Z +root@\S+$/m)
    expect(stdout).toMatch(new RegExp(`^${id} +aruba +0/1 +open`, 'm'))
    expect(stdout).not.toContain('dft')
  })

  test('as JSON has times in milliseconds', async () => {
    const { tokens } = JSON.parse((await run('token', 'list', '--json')).stdout)
    expect(tokens.map((one: { expires: unknown }) => typeof one.expires)).toContain('number')
    expect(JSON.stringify(tokens)).not.toMatch(/secret/i)
  })
})

describe('token revoke and open', () => {
  test('name what they changed, and say when it was so before', async () => {
    const opened = await run('token', 'open', id)
    expect(opened).toMatchObject({ code: 0, stdout: '' })
    expect(opened.stderr).toContain(`"${id}" was not closed`)
    const revoked = await run('token', 'revoke', id)
    expect(revoked).toEqual({ code: 0, stdout: `${id}\n`, stderr: `dynfarm: revoked "${id}"\n` })
    const again = await run('token', 'revoke', id, '--with-nodes', '--json')
    expect(JSON.parse(again.stdout)).toEqual({ changed: [] })
    expect(again.stderr).toContain(`"${id}" was revoked before`)
    expect((await run('token', 'list')).stdout).toMatch(new RegExp(`^${id} .* revoked `, 'm'))
  })

  test.each([
    ['12345678901', 64, 'no token "12345678901"'],
    ['../nodes', 64, '"../nodes" is not the id of a token'],
  ])('"%s" is none', async (token, code, message) => {
    for (const act of ['revoke', 'open']) {
      const ended = await run('token', act, token)
      expect(ended).toMatchObject({ code, stdout: '' })
      expect(ended.stderr).toContain(message)
    }
  })
})

test.each([
  [{ revoked: 5, expires: 1 }, 'revoked'],
  [{ expires: 10, used: 1 }, 'expired'],
  [{ used: 1, closed: 3 }, 'used-up'],
  [{ closed: 3 }, 'closed'],
  [{}, 'open'],
])('a token with %j is %s', (facts, state) => {
  const fresh = { id: 'x', role: 'node', uses: 1, used: 0, expires: 11, created: 0, createdBy: '' }
  expect(stateOf({ ...fresh, ...facts } as Parameters<typeof stateOf>[0], 10)).toBe(state)
})

test('tokens are listed the newest first, each with what it is for and its limits', () => {
  const one = {
    id: 'AAAAAAAAAAA',
    role: 'job',
    site: 'hpc',
    class: 'big',
    uses: 2,
    used: 1,
  } as const
  const times = { expires: 20_000, createdBy: 'anna' }
  const text = renderTokens(
    [
      { ...one, ...times, created: 1000 },
      { ...one, ...times, created: 2000, role: 'node', slot: 7, sources: ['10.0.0.0/8'] },
    ],
    10,
  )
  const rows = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/).slice(1, 6))
  expect(rows.slice(1)).toEqual([
    ['hpc/big', '1/2', 'open', '1970-01-01T00:00:20Z', 'slot 7,10.0.0.0/8'],
    ['hpc/big (jobs)', '1/2', 'open', '1970-01-01T00:00:20Z', '-'],
  ])
})
