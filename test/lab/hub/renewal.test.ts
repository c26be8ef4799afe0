import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPem } from '../../../src/pki/check-certificate.ts'
import {
  type Centre,
  centreYaml,
  fixture,
  giveToken,
  joinService,
  startCentre,
  startHubAgain,
  until,
} from '../join/centre.ts'
import { killGroup, type LabHost } from '../lib/lab-host.ts'
import { giveLife, identityFile, keptFile, lifeIn } from './short-life.ts'

/** The certificates of hosts of the centre: what becomes of the tunnels when they end. */
const ce = '192.0.2.22'
const hour = 3_600_000
let centre: Centre
let server: LabHost
let hub: LabHost
let node: LabHost

beforeAll(async () => {
  const { udp, tcp } = centreYaml.tunnels
  centre = await startCentre({
    machines: 2,
    site: { tunnels: ['udp'] },
    centre: { tunnels: { udp, tcp } },
  })
  server = centre.lab.host('server')
  hub = centre.lab.host('hub1')
  node = centre.lab.host('aruba-a')
  await joinService(centre)
  centre.lab.host('ce').spawn([process.execPath, fixture('echo.ts'), '9618'])
  await giveToken(centre, node)
  await centre.json('aruba-a', ['join'])
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined) console.log(centre?.said('hub1', 'hub'))
  await centre?.stop()
})

const said = () => centre.said('hub1', 'hub')
const openvpnOf = (host: LabHost) => host.must(['pgrep', '-x', 'openvpn', '-a'])
const shown = async () => readPem(await hub.read('/run/dynfarm-hub/udp/certificate.pem'))

async function reaches(seconds = 1): Promise<boolean> {
  return (await node.run(['ping', '-c1', '-i0.2', `-w${seconds}`, ce])).code === 0
}

test('a hub has its certificate renewed before it ends, and connections through it live on', async () => {
  const { id } = await shown()
  const before = await openvpnOf(node)
  const stream = node.spawn([process.execPath, fixture('echo.ts'), '9618', ce])
  let echoed = ''
  stream.stdout?.on('data', (data: Buffer) => {
    echoed += data.toString()
  })
  await until(async () => echoed !== '')
  await centre.kill('hub1', 'hub')
  const ending = await giveLife(
    { server, host: hub, path: identityFile },
    { from: -hour, until: 20_000 },
  )
  startHubAgain(centre)
  await until(async () => (await shown()).expires > ending.expires, said)
  expect((await shown()).id).toBe(id)
  await until(async () => ending.expires.getTime() < Date.now())
  const then = echoed.length
  await until(async () => echoed.length > then, said)
  expect(await openvpnOf(node)).toBe(before)
  expect(await lifeIn(hub, identityFile)).toEqual(await shown())
  killGroup(stream.pid)
  // The loops of the hub speak by the new one too: it hears of a new node.
  await giveToken(centre, centre.lab.host('aruba-b'))
  expect(await centre.json('aruba-b', ['join'])).toMatchObject({ state: 'ready' })
})

test('one whose certificate ended while it was off says how it comes back, and comes back as itself', async () => {
  await centre.kill('hub1', 'hub')
  const { id } = await shown()
  await giveLife({ server, host: hub, path: identityFile }, { from: -2 * hour, until: -hour })
  startHubAgain(centre)
  await until(async () => said().includes('dynfarm token create --role hub --name hub1'), said)
  expect(said()).toMatch(/certificate of this hub ended .*: nodes refuse its OpenVPN tunnels/)
  await until(async () => !(await reaches()))
  await centre.kill('hub1', 'hub')
  const token = await centre.token({ role: 'hub', name: 'hub1', uses: 1 })
  await hub.write('/root/token', token)
  centre.start('hub1', ['hub', '--token-file', '/root/token', '--verbose'])
  await until(async () => await reaches(), said)
  expect((await shown()).id).toBe(id)
  expect((await shown()).expires.getTime()).toBeGreaterThan(Date.now() + hour)
})

test('the host of a service has its own renewed by joining again, or by a token once it ended', async () => {
  const place = { server, host: centre.lab.host('ce'), path: keptFile }
  const token = '/root/token'
  for (const until of [hour / 2, -hour]) {
    const before = await giveLife(place, { from: -2 * hour, until })
    const given = await centre.token({ role: 'service', name: 'ce', uses: 1 })
    await place.host.write(token, given)
    const words = until > 0 ? [] : ['--token-file', token]
    expect(await centre.json('ce', ['join', ...words])).toMatchObject({ state: 'ready' })
    const now = await lifeIn(place.host, keptFile)
    expect(now.id).toBe(before.id)
    expect(now.expires.getTime()).toBeGreaterThan(Date.now() + hour)
  }
  expect(await reaches(5)).toBe(true)
})
