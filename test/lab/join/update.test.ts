import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, giveToken, startCentre, stateOf } from './centre.ts'

/** What scripts/build made: the package's own file, of which every join here is the first process. */
const packaged = new URL('../../../dist/dynfarm', import.meta.url).pathname
const executables = '/var/lib/dynfarm/server/releases'

let centre: Centre
let machine: LabHost
let server: LabHost
let before: Record<string, string>

beforeAll(async () => {
  centre = await startCentre({ site: { tunnels: ['udp'] } })
  machine = centre.lab.host('aruba-a')
  server = centre.lab.host('server')
  await giveToken(centre, machine)
  before = await stateOf(machine)
})

afterAll(async () => {
  await centre?.stop()
})

async function dynfarm(...argv: string[]) {
  const { code, stdout, stderr } = await machine.run([packaged, ...argv, '--json'], {
    timeoutMs: 60_000,
  })
  return { code, stderr, ...(stdout === '' ? {} : JSON.parse(stdout)) }
}

/** A release that is no dynfarm: a script that says which version it is, and does this when it is to join. */
async function offerStandIn(version: string, onJoin: string, ...options: string[]): Promise<void> {
  const script = `#!/bin/sh
if test "$1" = --version; then echo '{"version":"${version}"}'; exit; fi
echo "$*" >>/root/begun-${version}
${onJoin}
`
  await server.write('/root/stand-in', script)
  await offer(version, '/root/stand-in', ...options)
}

async function offer(version: string, file: string, ...options: string[]): Promise<void> {
  const of = ['--version', version, '--platform', 'linux-x64', ...options]
  await centre.json('server', ['release', 'add', file, ...of])
}

const begun = async (version: string) =>
  (await machine.run(['cat', `/root/begun-${version}`])).stdout.split('\n').filter(Boolean)
const versionsHere = async () =>
  (await machine.run(['ls', '/opt/dynfarm/versions'])).stdout.split('\n').filter(Boolean)
const atServer = async () =>
  (await centre.json('server', ['node', 'show', 'aruba-1'])).report?.update

test('a version that fails its join is left: the old one goes on, and says why', async () => {
  await offerStandIn('0.1.1', 'echo "{\\"error\\":{\\"message\\":\\"no legs\\"}}" >&2; exit 71')
  const joined = await dynfarm('join')
  const update = { version: '0.1.1', outcome: 'failed', reason: expect.stringContaining('no legs') }
  expect(joined).toMatchObject({ code: 0, state: 'ready', update })
  expect(await atServer()).toMatchObject(update)
  expect(await dynfarm('status')).toMatchObject({ state: 'ready', update })
  expect(await versionsHere()).toEqual([])
})

test('it is not tried again, and there is nothing to do', async () => {
  expect(await dynfarm('join')).toMatchObject({ changed: false, update: { outcome: 'failed' } })
  expect(await begun('0.1.1')).toHaveLength(1)
})

test('the same version is tried again when it is offered anew', async () => {
  await offerAnew('0.1.1')
  expect(await dynfarm('join')).toMatchObject({ state: 'ready', update: { outcome: 'failed' } })
  expect(await begun('0.1.1')).toHaveLength(2)
})

/** With a manifest that was signed later. */
async function offerAnew(version: string, ...options: string[]): Promise<void> {
  await new Promise((wake) => setTimeout(wake, 1100))
  await offer(version, '/root/stand-in', '--expiry', '80d', ...options)
}

test('a version that crashes is left', async () => {
  await offerStandIn('0.1.2', 'kill -SEGV $$')
  const reason = expect.stringContaining('exit code 139')
  const update = { version: '0.1.2', outcome: 'failed', reason }
  expect(await dynfarm('join')).toMatchObject({ code: 0, state: 'ready', changed: false, update })
})

test('a file that is not the one that was signed is refused, and nothing of it is left', async () => {
  await offerStandIn('0.1.5', 'exit 0')
  const file = `${executables}/dynfarm-0.1.5-linux-x64`
  await server.must(['sh', '-c', `rm ${file}.zst; sed -i 's/exit 0/exit 1/' ${file}`])
  const update = { outcome: 'refused', reason: expect.stringContaining('not the one of its') }
  expect(await dynfarm('join')).toMatchObject({ state: 'ready', update })
  expect(await dynfarm('join')).toMatchObject({ changed: false, update })
  expect(await atServer()).toMatchObject(update)
  expect(await begun('0.1.5')).toEqual([])
  expect(await versionsHere()).toEqual([])
})

test('a version that is bound for later ones alone is refused', async () => {
  await offerStandIn('0.1.6', 'exit 0', '--minimum', '0.1.5')
  const update = { outcome: 'refused', reason: expect.stringContaining('too old') }
  expect(await dynfarm('join')).toMatchObject({ state: 'ready', update })
  expect(await dynfarm('status')).toMatchObject({ update })
  expect(await begun('0.1.6')).toEqual([])
})

test('where there is no room for a version, the old one goes on; with room, it is taken', async () => {
  await buildAs('0.1.9')
  await machine.must(['install', '-d', '/opt/dynfarm'])
  await machine.must(['mount', '-t', 'tmpfs', '-o', 'size=32m,mode=755', 'small', '/opt/dynfarm'])
  const update = { outcome: 'failed', reason: expect.stringContaining('are needed') }
  expect(await dynfarm('join')).toMatchObject({ state: 'ready', changed: false, update })
  expect(await atServer()).toMatchObject(update)
  await machine.must(['umount', '/opt/dynfarm'])
  const joined = await dynfarm('join')
  expect(joined).toMatchObject({ state: 'ready', update: { version: '0.1.9', outcome: 'running' } })
  expect(joined.stderr).toContain('version "0.1.9": ')
})

/** This very build, but for the version that it says it is. */
async function buildAs(version: string): Promise<void> {
  const swap = `s/"version":"0\\.1\\.0"/"version":"${version}"/`
  await server.must(['sh', '-c', `sed '${swap}' ${packaged} >/root/built`])
  await offer(version, '/root/built')
}

test("from then on the package's file starts it, and there is nothing to do", async () => {
  expect(await dynfarm('--version')).toMatchObject({ version: '0.1.9' })
  expect(await dynfarm('join')).toMatchObject({ code: 0, changed: false, state: 'ready' })
  expect((await centre.json('server', ['node', 'show', 'aruba-1'])).version).toBe('0.1.9')
  expect((await machine.must(['readlink', '/opt/dynfarm/current'])).trim()).toBe('versions/0.1.9')
})

test('what others could have put there is not started', async () => {
  await machine.must(['chmod', 'g+w', '/opt/dynfarm/versions'])
  expect(await dynfarm('--version')).toMatchObject({ version: '0.1.0' })
  await machine.must(['chmod', 'g-w', '/opt/dynfarm/versions'])
  await machine.must(['chown', '1000', '/opt/dynfarm/versions/0.1.9/dynfarm'])
  expect(await dynfarm('--version')).toMatchObject({ version: '0.1.0' })
  await machine.must(['chown', '0', '/opt/dynfarm/versions/0.1.9/dynfarm'])
  expect(await dynfarm('--version')).toMatchObject({ version: '0.1.9' })
})

test('an older version is not taken', async () => {
  const pinned = 'release: { version: 0.0.9 }'
  await server.must(['sh', '-c', `echo '${pinned}' >>/etc/dynfarm/sites/aruba.yaml`])
  await centre.json('server', ['reload'])
  await offerStandIn('0.0.9', `echo '{"state":"ready","name":"aruba-1","addresses":[]}'`)
  const update = { outcome: 'refused', reason: expect.stringContaining('older than the version') }
  expect(await dynfarm('join')).toMatchObject({ state: 'ready', changed: false, update })
})

test('leave takes all of it away', async () => {
  expect(await dynfarm('leave')).toMatchObject({ code: 0, problems: [] })
  expect((await machine.run(['ls', '/opt/dynfarm'])).code).not.toBe(0)
  expect(await dynfarm('--version')).toMatchObject({ version: '0.1.0' })
  await machine.must(['sh', '-c', 'rm -f /root/begun-*'])
  expect(await stateOf(machine)).toEqual(before)
})

test('an older version is taken where its manifest says so, and goes before the package', async () => {
  await offerAnew('0.0.9', '--downgrade')
  await giveToken(centre, machine)
  expect(await dynfarm('join')).toMatchObject({ update: { version: '0.0.9', outcome: 'running' } })
  expect(await dynfarm('--version')).toEqual({ code: 0, stderr: '', version: '0.0.9' })
})
