import { describe, expect, test } from 'vitest'
import { dynfarm } from './fakes/edge.ts'

const usageErrors: readonly [words: string[], stderr: string][] = [
  [[], 'dynfarm: no command given\n  see "dynfarm help"\n'],
  [['chek'], 'dynfarm: unknown command "chek"\n  did you mean "check"?\n'],
  [['zzz'], 'dynfarm: unknown command "zzz"\n  see "dynfarm help"\n'],
  [['token'], 'dynfarm: "token" needs one of its commands\n  see "dynfarm help token"\n'],
  [['token', 'creat'], 'dynfarm: unknown command "creat"\n  did you mean "create"?\n'],
  [['join', '--tokn', 'x'], 'dynfarm: unknown option "--tokn"\n  did you mean "--token"?\n'],
  [['--jsno', 'join'], 'dynfarm: unknown option "--jsno"\n  did you mean "--json"?\n'],
  [
    ['join', '--token'],
    'dynfarm: option "--token <token>" argument missing\n  see "dynfarm help join"\n',
  ],
  [['join', 'extra'], expect.stringContaining('too many arguments for "join"') as string],
  [
    ['hub', 'revoke'],
    'dynfarm: missing required argument "node"\n  see "dynfarm help hub revoke"\n',
  ],
  [
    ['remote', 'put', '-w', 'a', '-f', '0', 'x', 'y'],
    'dynfarm: "0" is no number from 1 on\n  see "dynfarm help remote put"\n',
  ],
  [
    ['admin', 'create', 'anna', '--role', 'king'],
    expect.stringContaining('Allowed choices are viewer, operator, admin') as string,
  ],
]

describe('wrong usage', () => {
  test.each(usageErrors)('%j', async (words, stderr) => {
    expect(await dynfarm(words)).toEqual({ code: 64, stdout: '', stderr })
  })
})

describe('help', () => {
  test('lists every command with its line', async () => {
    const { code, stdout } = await dynfarm(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^ {2}check +read a configuration and tell every problem in it$/m)
    expect(stdout).toMatch(/^ {2}token +/m)
  })

  test('"help token create" is "token create --help"', async () => {
    const asked = await dynfarm(['help', 'token', 'create'])
    expect(asked).toEqual(await dynfarm(['token', 'create', '--help']))
    expect(asked.stdout).toContain('# for ten machines within two hours\n  dynfarm token create')
    expect(asked.stdout).toContain('Exit codes:\n    0  done\n')
  })

  test('of a group names its commands', async () => {
    const { stdout } = await dynfarm(['help', 'token'])
    expect(stdout).toMatch(/create.*list.*revoke/s)
  })
})

describe('common options', () => {
  test('stand before or after the command', async () => {
    const after = await dynfarm(['dashboard', '--json'])
    expect(await dynfarm(['--json', 'dashboard'])).toEqual(after)
    expect(JSON.parse(after.stderr)).toMatchObject({ error: { code: 'not-built', exit: 69 } })
  })

  test('a value before the command is not taken for the command', async () => {
    expect((await dynfarm(['--config', 'check', 'dashboard'])).stderr).toContain(
      '"dashboard" is not built',
    )
  })

  test('what stands behind -- or belongs to the job is left to it', async () => {
    const run = ['run', '--limit-rx', 'much']
    expect((await dynfarm([...run, '--', 'job', '--json'])).stderr).toMatch(/^dynfarm: --limit-rx/)
    expect((await dynfarm([...run, 'job', '--json'])).stderr).toMatch(/^dynfarm: --limit-rx/)
  })
})

test('a command that is not built says so and exits 69', async () => {
  expect(await dynfarm(['dashboard'])).toEqual({
    code: 69,
    stdout: '',
    stderr: 'dynfarm: "dashboard" is not built yet\n  CHANGELOG.md says what this version has\n',
  })
})

test('--version tells the build, also as JSON', async () => {
  expect((await dynfarm(['--version'])).stdout).toMatch(
    /^dynfarm 0\.0\.0-source \(source\) linux-\w+ bundle none\n$/,
  )
  expect(JSON.parse((await dynfarm(['--version', '--json'])).stdout)).toHaveProperty(
    'bundle',
    'none',
  )
})
