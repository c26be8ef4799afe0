import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dynfarm } from '../fakes/edge.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-check-'))
afterAll(() => rmSync(folder, { recursive: true }))

function broken(): string {
  const dir = join(folder, 'broken')
  cpSync('configs', dir, { recursive: true })
  writeFileSync(join(dir, 'sites/aruba.yaml'), 'site: aruba\nnodes: 10.200.1.0/33\n')
  return dir
}

describe('check', () => {
  test('the example centre has no problems', async () => {
    expect(await dynfarm(['check', 'configs'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'dynfarm: no problems in "configs": the centre and 3 sites\n',
    })
  })

  test('problems are data, their count is said', async () => {
    const { code, stdout, stderr } = await dynfarm(['check', broken()])
    expect(code).toBe(78)
    expect(stdout).toMatch(
      /^sites\/aruba\.yaml:2:8: nodes: .*\n {2}nodes: 10\.200\.1\.0\/33\n {9}\^\n/m,
    )
    expect(stderr).toMatch(/^dynfarm: \d+ problems? in 1 file\n$/)
  })

  test('--json gives the same problems as records', async () => {
    const { code, stdout } = await dynfarm(['check', '--json', broken()])
    expect(code).toBe(78)
    expect(JSON.parse(stdout).problems).toContainEqual(
      expect.objectContaining({ file: 'sites/aruba.yaml', line: 2, column: 8, where: 'nodes' }),
    )
  })

  test('the folder may come from --config, DYNFARM_CONFIG or the argument, which wins', async () => {
    const ok = { code: 0, stdout: '' }
    expect(await dynfarm(['check', '--config', 'configs'])).toMatchObject(ok)
    expect(await dynfarm(['check'], { env: { DYNFARM_CONFIG: 'configs' } })).toMatchObject(ok)
    expect(await dynfarm(['check', 'configs', '--config', '/nowhere'])).toMatchObject(ok)
  })

  test('no configuration at all is an error of its own', async () => {
    mkdirSync(join(folder, 'empty'))
    for (const dir of ['/nowhere', join(folder, 'empty')]) {
      const { code, stderr } = await dynfarm(['check', dir])
      expect(code).toBe(78)
      expect(stderr).toContain(dir)
      expect(stderr).toContain('dynfarm init')
    }
  })
})

test.each([
  [['--render'], '--render needs --site or --service'],
  [['--site', 'aruba'], '--site needs --render'],
  [['--site', 'aruba', '--service', 'ce', '--render'], '--site and --service do not go together'],
  [['--flows', '--site', 'aruba', '--render'], '--site and --flows do not go together'],
  [['--class', 'cache', '--render'], '--class needs --site'],
  [['--site', 'nope', '--render'], 'no site "nope"'],
  [['--site', 'aruba', '--class', 'nope', '--render'], 'no class "nope" in site "aruba"'],
  [['--service', 'toString', '--render'], 'no service "toString" in centre.yaml'],
])('check %j is refused', async (options, message) => {
  const { code, stdout, stderr } = await dynfarm(['check', 'configs', ...options])
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
  expect(stderr).toContain(message)
})

describe('views', () => {
  test('--site --render shows a node, values beside their places, secrets redacted', async () => {
    const { code, stdout } = await dynfarm(['check', 'configs', '--site', 'aruba', '--render'])
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^ {2}- path: \/etc\/profile\.d\/cms\.sh +# from sites\/aruba\.yaml:\d+$/m,
    )
    expect(stdout).toContain('<redacted 98 bytes>')
  })

  test('--service --render is a script that a shell takes', async () => {
    const { code, stdout } = await dynfarm(['check', 'configs', '--service', 'ce', '--render'])
    expect(code).toBe(0)
    const fakes = 'ip() { echo "ip $*"; }; nft() { cat >/dev/null; echo nft; }\n'
    const ran = spawnSync('sh', ['-eu'], { encoding: 'utf8', input: fakes + stdout })
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toMatch(
      /^nft\nip link add name gre-hub1 .*\nip link set dev gre-hub1 up\nip -4 route add 10\.200/,
    )
  })

  test("each link's key follows from the folder's own secret", async () => {
    const own = join(folder, 'own')
    cpSync('configs', own, { recursive: true })
    writeFileSync(join(own, 'keys/links.secret'), `${'ab'.repeat(32)}\n`, { mode: 0o600 })
    const { stdout } = await dynfarm(['check', own, '--service', 'ce', '--render'])
    const { stdout: example } = await dynfarm(['check', 'configs', '--service', 'ce', '--render'])
    expect(example).toContain('EXAMPLE KEYS')
    expect(stdout).not.toContain('EXAMPLE KEYS')
    expect(stdout.match(/key (\d+)/)?.[1]).not.toBe(example.match(/key (\d+)/)?.[1])
  })

  test('--flows is a table of everything that a firewall must let pass', async () => {
    const { stdout } = await dynfarm(['check', 'configs', '--flows'])
    expect(stdout).toMatch(/^SOURCE +DESTINATION +PROTOCOL +PORT +WHY$/m)
    expect(stdout).toMatch(/^192\.0\.2\.10 +192\.0\.2\.22 +gre \(47\)/m)
  })
})
