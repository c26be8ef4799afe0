import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, centreYaml, giveToken, joinService, startCentre } from './centre.ts'

/*
 * A machine whose kernel was started without IPv6, at a site of both families whose hub is asked by IPv6 first. A network
 * namespace cannot lose it, so it is what the kernel says of it that is like there, and all of it that is switched off.
 */

let centre: Centre
let machine: LabHost

const own = ['10.200.1.1', 'fd00:200:1::1']
const nodes = ['10.200.0.0/16', 'fd00:200::/32']
const { hub1 } = centreYaml.hubs
const hubs = { hub1: { ...hub1, inner: ['fd00:200::1', '10.200.0.1'] } }

const likeWithoutIPv6 = `
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
mount -t tmpfs none /proc/sys/net/ipv6
ip=$(readlink -f "$(command -v ip)")
cp "$ip" /root/ip
cat >/root/without <<'END'
#!/bin/sh
case " $* " in *" -6 "*" rule "*) echo "RTNETLINK answers: Address family not supported by protocol" >&2; exit 2;; esac
exec /root/ip "$@"
END
chmod 755 /root/without
mount --bind /root/without "$ip"
`

beforeAll(async () => {
  const site = { nodes: ['10.200.1.0/24', 'fd00:200:1::/64'], tunnels: ['udp'], try: '4s' }
  centre = await startCentre({ centre: { nodes, hubs }, site })
  await joinService(centre)
  machine = centre.lab.host('aruba-a')
  await machine.must(['sh', '-eu', '-c', likeWithoutIPv6])
})

afterAll(async () => {
  await centre?.stop()
})

test('it joins with IPv4 alone, and says so', async () => {
  await giveToken(centre, machine)
  const { code, stdout, stderr } = await centre.dynfarm('aruba-a', ['join', '--json'])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(JSON.parse(stdout)).toMatchObject({ state: 'ready', addresses: own.slice(0, 1) })
  expect(stderr).toContain('the kernel has no IPv6: this machine joins with IPv4 alone')
  expect((await machine.run(['ping', '-c1', '-i0.2', '-w10', '192.0.2.22'])).code).toBe(0)
})

test('its status knows it, and joining again changes nothing', async () => {
  const half = { addresses: own.slice(0, 1), impossible: own.slice(1) }
  const status = await centre.json('aruba-a', ['status'])
  expect(status).toMatchObject({ state: 'ready', ...half, tunnel: { answers: true } })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', changed: false })
})
