import { expect, test } from 'vitest'
import { renderStep } from '../../src/plan/render.ts'
import { renderFirewall } from '../../src/run/firewall.ts'
import type { JobNetwork } from '../../src/run/job-network.ts'
import { planJobNetwork } from '../../src/run/network.ts'
import { parseLocal } from '../../src/run/own-addresses.ts'

const job: JobNetwork = {
  pid: 5,
  addresses: ['10.200.64.1'],
  tunnel: { device: 'tun-udp', mtu: 1380 },
  route: 'split',
  limits: { rx: 20_000_000, tx: undefined },
  closed: ['172.20.0.10', '172.20.0.0/24', '2001:db8::10'],
}

const text = (network: JobNetwork) => planJobNetwork(network).map(renderStep).join('\n')

test('the network of a job: firewall, device, limits, ways, forwarding, in this order', () => {
  const [, ...rest] = planJobNetwork(job).map(renderStep)
  expect(rest.join('\n')).toBe(`ip -batch -  # the device of a job
    link add job address 02:00:00:00:4d:01 type veth peer name eth0 address 02:00:00:00:4d:02 netns 5
    link set dev job up
tc qdisc add dev job root tbf rate 20000000bit burst 16384 latency 50ms  # limit of a job
ip -4 -batch -  # ways to a job and from it
    route add 10.200.64.1 dev job table 101
    neigh add 10.200.64.1 lladdr 02:00:00:00:4d:02 dev job nud permanent
    route add unreachable default table 101
    rule add pref 1 iif tun-udp lookup 101
    rule add pref 1 iif tap0 to 10.200.64.1 lookup 101
    rule add pref 10 lookup local
    rule del pref 0
sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.job.rp_filter=0 net.ipv4.conf.job.accept_local=1 net.ipv4.ip_forward=1  # forward
nsenter -t 5 -n ip -batch -  # the network that a job sees
    link set dev lo up
    link set dev eth0 up
    addr add 10.200.64.1/32 dev eth0
    neigh add 169.254.77.1 lladdr 02:00:00:00:4d:01 dev eth0 nud permanent
    route add default via 169.254.77.1 dev eth0 onlink src 10.200.64.1
nsenter -t 5 -n sysctl -q -w 'net.ipv4.ping_group_range=0 0'  # the network that a job sees`)
})

test('by "all" what the job sends is routed into the tunnel alone', () => {
  const all = text({ ...job, route: 'all' })
  expect(all).toContain('route add default dev tun-udp mtu lock 1380 table 102')
  expect(all).toContain('rule add pref 2 iif job lookup 102')
  expect(text(job)).not.toContain('table 102')
})

test('each way has its own limit, on an end that is not the job’s', () => {
  expect(text(job)).toContain('tc qdisc add dev job root tbf rate 20000000bit burst 16384')
  expect(text(job)).not.toContain('dev tap0 root')
  const both = text({ ...job, limits: { rx: undefined, tx: 1e9 } })
  expect(both).toContain('tc qdisc add dev tap0 root tbf rate 1000000000bit burst 625000')
  expect(both).not.toContain('dev job root')
})

test('both families have ways where the job has addresses of both', () => {
  const both = text({ ...job, addresses: ['10.200.64.1', 'fd5a::1'] })
  expect(both).toContain('ip -6 -batch -')
  expect(both).toContain('addr add fd5a::1/128 dev eth0 nodad')
  expect(both).toContain('net.ipv6.conf.all.forwarding=1')
})

test('the firewall lets out by the uplink only, and not to the machine itself', () => {
  expect(renderFirewall(job)).toMatchInlineSnapshot(`
    "table inet job {
      chain forward {
        type filter hook forward priority 0; policy drop;
        tcp flags syn tcp option maxseg size set rt mtu
        ct state established,related accept
        iifname "job" oifname "tun-udp" accept
        iifname "tun-udp" oifname "job" accept
        iifname "job" oifname "tap0" ip daddr 172.20.0.10 reject
        iifname "job" oifname "tap0" ip daddr 172.20.0.0/24 reject
        iifname "job" oifname "tap0" ip6 daddr 2001:db8::10 reject
        iifname "job" oifname "tap0" accept
        iifname "job" reject
      }
      chain input {
        type filter hook input priority 0; policy accept;
        iifname "job" drop
      }
    }
    table ip job {
      chain postrouting {
        type nat hook postrouting priority 100;
        oifname "tap0" masquerade
      }
    }
    "
  `)
  const all = renderFirewall({ ...job, route: 'all' })
  expect(all).not.toMatch(/oifname "tap0" (accept|ip)/)
  expect(all).toContain('iifname "job" reject')
})

test('a machine is what its table of local addresses says, on whatever device, but for the loopback', () => {
  const local = (dst: string, dev: string) => ({ type: 'local', dst, dev })
  const table = [
    ...[local('127.0.0.0/8', 'lo'), local('127.0.0.1', 'lo'), local('::1', 'lo')],
    ...[local('10.66.0.1', 'lo'), local('10.88.0.0/24', 'lo'), local('172.17.0.1', 'docker0')],
    { type: 'broadcast', dst: '10.66.0.255', dev: 'eth0' },
  ]
  expect(parseLocal(table)).toEqual(['10.66.0.1', '10.88.0.0/24', '172.17.0.1'])
  expect(parseLocal(null)).toEqual([])
})
