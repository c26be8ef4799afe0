import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, giveToken, startCentre, stateOf } from './centre.ts'

/* A node that lost files of its own: whichever, it comes back as who it is, or is told how, and can always leave. */

const folder = '/var/lib/dynfarm/node'
let centre: Centre
let machine: LabHost
let before: Record<string, string>

beforeAll(async () => {
  const files = [{ path: '/etc/farm', content: 'x' }]
  centre = await startCentre({ site: { tunnels: ['udp'], try: '4s', files } })
  machine = centre.lab.host('aruba-a')
  before = await stateOf(machine)
  await giveToken(centre, machine)
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'aruba-1', state: 'ready' })
})

afterAll(async () => {
  await centre?.stop()
})

const damage = (script: string) => machine.must(['sh', '-euc', `cd ${folder}; ${script}`])
const fail = async (argv: readonly string[]) => {
  const { code, stderr } = await centre.dynfarm('aruba-a', argv)
  return { code, said: stderr }
}
const token = async () =>
  machine.write('/var/lib/token', await centre.token({ role: 'node', site: 'aruba', uses: 1 }))

const keys = 'md5sum identity.json key.pem wireguard.key closed.batch'

test.each([
  'rm identity.json closed.batch',
  'rm config.json wireguard.key; rm -f apply/journal.jsonl',
  'truncate -s 40 identity.json; rm config-copy.json',
  'truncate -s 40 config.json; truncate -s 0 key.pem',
])('after "%s" a join puts all right, and the node is who it was', async (script) => {
  const whole = await damage(keys)
  await damage(script)
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({ name: 'aruba-1', state: 'ready', server: 'answered' })
  expect(await damage(`test -s config.json && test -s config-copy.json && ${keys}`)).toBe(whole)
})

test('damage is told by status, until a join', async () => {
  await damage('truncate -s 40 config.json; rm key.pem')
  const { code, stdout } = await centre.dynfarm('aruba-a', ['status'])
  expect(code).toBe(4)
  expect(stdout).toContain(`"${folder}/config.json" is damaged`)
  expect(stdout).toContain(`"${folder}/key.pem" is damaged; "dynfarm join" puts that right`)
  await centre.json('aruba-a', ['join'])
  expect((await fail(['status'])).code).toBe(0)
})

test('a token file that is rubbish, and a mistyped token, are nothing to who is known', async () => {
  const content = await machine.read('/etc/dynfarm/join.yaml')
  for (const line of ['token-file: join.yaml', 'token: dft1wrong']) {
    await machine.write('/etc/dynfarm/join.yaml', `${content}${line}\n`)
    expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'aruba-1' })
  }
  await machine.write('/etc/dynfarm/join.yaml', content)
})

test('without a private key it can only be another node, which a token makes it', async () => {
  await damage('rm identity.json key.pem')
  const refused = await fail(['join'])
  expect(refused).toMatchObject({ code: 78 })
  expect(refused.said).toContain('the private key of "aruba-1" is gone')
  expect(refused.said).toContain('dynfarm node revoke aruba-1')
  await token()
  const again = await centre.json('aruba-a', ['join', '--token-file', '/var/lib/token'])
  expect(again).toMatchObject({ name: 'aruba-2', state: 'ready' })
  await centre.json('server', ['node', 'revoke', 'aruba-1'])
  await centre.json('server', ['node', 'forget', 'aruba-1'])
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'aruba-2', changed: false })
})

test('of a machine that lost what it knew, down and the next join work with what is there', async () => {
  await damage('echo "{" >config.json; echo "[]" >config-copy.json')
  for (const argv of [['status'], ['join']]) {
    const refused = await fail(argv)
    expect(refused).toMatchObject({ code: 78 })
    expect(refused.said).toMatch(/config.json" is damaged.*config-copy.json" is damaged/)
    expect(refused.said).toContain('--token-file FILE')
  }
  const down = await centre.json('aruba-a', ['down'])
  expect(down).toMatchObject({
    name: '',
    changed: true,
    damage: expect.stringContaining('damaged'),
  })
  expect(await machine.must(['ip', 'route'])).toContain('unreachable 192.0.2.22')
  expect(await machine.must(['ip', '-o', 'link'])).not.toContain('tun-')
  await token()
  const again = await centre.json('aruba-a', ['join', '--token-file', '/var/lib/token'])
  expect(again).toMatchObject({ name: 'aruba-3', state: 'ready', changed: true })
})

test('leave finds all of it by what is left, and says what it could not do', async () => {
  await damage('for file in *.json *.pem *.key; do truncate -s 9 "$file"; done')
  const { code, stderr } = await centre.dynfarm('aruba-a', ['leave'])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stderr).toContain('dynfarm node forget NAME')
  expect(await stateOf(machine)).toEqual(before)
  expect((await fail(['leave'])).code).toBe(3)
})

test('a machine without any of its files, and with its tunnel, can be taken out', async () => {
  await giveToken(centre, machine)
  await centre.json('aruba-a', ['join'])
  await damage('rm -r /var/lib/dynfarm; rm /etc/farm')
  expect((await fail(['down'])).code).toBe(0)
  expect(await machine.must(['ip', 'route'])).toContain('unreachable 192.0.2.22')
  expect((await fail(['leave'])).code).toBe(0)
  expect(await stateOf(machine)).toEqual(before)
})

test('files of the site that no record can undo are named by leave', async () => {
  await giveToken(centre, machine)
  await centre.json('aruba-a', ['join'])
  await damage('rm apply/record.jsonl')
  const { code, said } = await fail(['leave'])
  expect(code).toBe(71)
  expect(said).toContain(
    `not undone: "/etc/farm" is the site's, and "${folder}/apply/record.jsonl"`,
  )
  await machine.must(['rm', '/etc/farm'])
  expect(await stateOf(machine)).toEqual(before)
})

test('leave undoes all of it with server and hub gone, and says that the centre does not know', async () => {
  await giveToken(centre, machine)
  await centre.json('aruba-a', ['join'])
  await centre.kill('server', 'serve')
  await centre.kill('hub1', 'hub')
  await centre.lab.host('hub1').must(['sh', '-c', 'ip link set eth0 down; ip link set eth1 down'])
  const { code, said } = await fail(['leave'])
  expect(code).toBe(0)
  expect(said).toContain('the centre does not know of it yet')
  expect(await stateOf(machine)).toEqual(before)
})
