import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../hub/farm.ts'
import type { LabHost } from '../lib/lab-host.ts'
import { startHubAgain } from './centre.ts'
import {
  askWhole,
  ce,
  type Farm,
  joinRung,
  type Rung,
  rejoinRung,
  rungs,
  serveWhole,
  startThreeRungs,
} from './three-rungs.ts'

let farm: Farm
let service: LabHost

beforeAll(async () => {
  farm = await startThreeRungs()
  service = farm.centre.lab.host('ce')
  await serveWhole(service)
  await Promise.all(
    rungs.map(async (rung) => {
      expect(await joinRung(farm, rung)).toMatchObject({ rung, mtu: 1420 })
      await serveWhole(farm.nodes[rung].machine)
    }),
  )
})

afterAll(async () => {
  await farm?.centre.stop()
})

/** What a tunnel adds to a packet, WireGuard filling up to 16 bytes besides, and what the way carries. */
const narrowed = {
  wg: { adds: 60, fills: 16, port: 51820, way: 1280 },
  udp: { adds: 52, fills: 0, port: 1194, way: 1400 },
}
const exactEnough = 8
const headers = { tcp: 40, timestamps: 12 }

test.each(Object.entries(narrowed))(
  'over a way that carries less and tells nobody so, packets of the probed size pass whole by "%s"',
  async (name, { adds, fills, port, way }) => {
    const rung = name as Rung
    const { machine, inner } = farm.nodes[rung]
    await narrow(
      `udp dport ${port} meta length > ${way} drop\nudp sport ${port} meta length > ${way} drop`,
    )
    const { mtu } = await rejoinRung(farm, rung)
    expect(mtu).toBeLessThanOrEqual(way - adds)
    expect(mtu).toBeGreaterThanOrEqual(way - adds - fills - exactEnough)
    const segment = mtu - headers.tcp - headers.timestamps
    expect(await askWhole(machine, ce, mtu)).toBeLessThanOrEqual(segment)
    expect(await askWhole(service, inner, mtu)).toBe(segment)
  },
)

test('the server hears from the hub how each node is connected', async () => {
  const { centre, nodes } = farm
  const shown = async () => {
    const { stdout } = await centre.dynfarm('server', ['node', 'list', '--json'])
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
  const isTold = async () => (await shown()).every(({ tunnel }) => tunnel?.mtu !== undefined)
  expect(await until(isTold, 40)).toBe(true)
  const all = await shown()
  for (const rung of rungs)
    expect(all.find(({ addresses }) => addresses[0] === nodes[rung].inner)).toMatchObject({
      ...{ rung, lastSeen: expect.any(Number), outer: { address: '198.51.100.10' } },
      tunnel: { hub: 'hub1', state: 'up', rx: expect.any(Number), tx: expect.any(Number) },
    })
})

/** Everything between and around at once; by itself each of them is less. */
test('with the hub and the NAT rebooted, another address outside and inside, and no server, traffic comes back by itself', async () => {
  await narrow('')
  const { lab } = farm.centre
  await farm.centre.kill('server', 'serve')
  await Promise.all([lab.reboot('hub1'), lab.reboot('aruba-nat')])
  await moveNat(lab.host('aruba-nat'))
  await Promise.all(rungs.map((rung, at) => moveNode(farm.nodes[rung].machine, at)))
  startHubAgain(farm.centre)
  await Promise.all(rungs.map(isBack))
})

/** First by the service, so that nothing but what dynfarm itself sends awakes the tunnel. */
async function isBack(rung: Rung): Promise<void> {
  const { machine, inner } = farm.nodes[rung]
  const answers = async (from: LabHost, to: string) =>
    (await from.run(['ping', '-c1', '-W1', to])).code === 0
  expect(await until(() => answers(service, inner), 60), rung).toBe(true)
  expect(await answers(machine, ce), rung).toBe(true)
  await askWhole(machine, ce, 1280 - 100)
}

/** What a router of the way drops in silence. */
async function narrow(rules: string): Promise<void> {
  const ruleset = `table inet narrow
delete table inet narrow
table inet narrow { chain forward { type filter hook forward priority -10
${rules}
}
}
`
  await farm.centre.lab.host('internet').must(['nft', '-f', '-'], { input: ruleset })
}

/** Another public address, and other ports than before. */
async function moveNat(nat: LabHost): Promise<void> {
  const steps = `ip addr del 198.51.100.10/24 dev outside
ip addr add 198.51.100.77/24 dev outside
ip route replace default via 198.51.100.1
nft flush chain ip border postrouting
nft add rule ip border postrouting oifname outside meta l4proto { tcp, udp } masquerade to :20000-60000 random
nft add rule ip border postrouting oifname outside masquerade`
  await nat.must(['sh', '-ec', steps])
}

async function moveNode(machine: LabHost, at: number): Promise<void> {
  const [own = ''] = machine.spec.ports[0].addresses
  const steps = `ip addr del ${own} dev eth0
ip addr add 10.1.77.${at + 1}/16 dev eth0
ip route replace default via 10.1.0.1`
  await machine.must(['sh', '-ec', steps])
}
