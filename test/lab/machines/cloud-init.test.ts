import { expect, test } from 'vitest'
import { beforeTests, patience } from './begun.ts'
import { joinEnded } from './borrowed.ts'
import type { Machine } from './machine.ts'
import { reaches } from './ways.ts'

let node: Machine
let userData: string

beforeTests(async (farm, { hub }) => {
  userData = await hub.must(['dynfarm', 'cloud-init', '--site', 'aruba'])
  node = await farm.clouded({
    'user-data': userData,
    // Without a locale it would set one that this image does not have.
    'vendor-data': '#cloud-config\nmanage_etc_hosts: true\nlocale: C.UTF-8\n',
    'meta-data': 'instance-id: i-0123456789abcdef0\nlocal-hostname: cloud-7\n',
    'network-config': network,
  })
  await node.booted()
})

const network = `version: 2
ethernets:
  eth0:
    addresses: [10.1.0.11/16]
    routes: [{ to: 0.0.0.0/0, via: 10.1.0.1 }]
`

test('user-data makes a machine a node in its first boot', patience, async () => {
  expect(await joinEnded(node)).toBe('active')
  expect(await status()).toMatchObject({ state: 'ready', name: 'aruba-1' })
  await reaches(node, 'ce01.example.org')
  const kept = await node.must(['cat', '/etc/dynfarm/join.yaml'])
  expect(kept).toContain('servers:')
  expect(kept).not.toContain('token')
  expect(await node.must(['cloud-init', 'status', '--wait'])).toContain('status: done')
})

test('its token is with cloud-init alone then, for root alone', patience, async () => {
  const [token = ''] = /dft\w+/.exec(userData) ?? []
  const find = 'grep --recursive --files-with-matches --fixed-strings --file=- --exclude-dir=proc'
  const all = await node.sh(`${find} /etc /run /var /root /home /tmp /opt || :`, { input: token })
  const files = all.trim().split('\n')
  expect(files).toContain('/var/lib/cloud/instances/i-0123456789abcdef0/user-data.txt')
  for (const file of files) {
    expect(file).toMatch(/^\/(var\/lib|run)\/cloud/)
    expect((await node.run(['runuser', '-u', 'nobody', '--', 'test', '-r', file])).code).toBe(1)
  }
})

test('nothing waits for itself', patience, async () => {
  await node.sh('systemd-analyze verify --man=no /usr/lib/systemd/system/dynfarm-*')
  expect(await node.sh('journalctl --boot _PID=1 | grep -i "ordering cycle" || :')).toBe('')
  expect(await node.sh('systemctl --failed --quiet --plain')).toBe('')
})

test('names are right after a boot in which cloud-init writes them anew', patience, async () => {
  await node.reboot()
  expect(await joinEnded(node)).toBe('active')
  const hosts = await node.must(['cat', '/etc/hosts'])
  expect(hosts).toContain('manage_etc_hosts')
  expect(await node.must(['getent', 'hosts', 'ce01.example.org'])).toMatch(/^192\.0\.2\.22 /)
  // The site leaves the hostname to the cloud.
  expect(await node.must(['hostname', '--fqdn'])).toBe('cloud-7\n')
})

// biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
async function status(): Promise<any> {
  return JSON.parse((await node.run(['dynfarm', 'status', '--json'])).stdout)
}
