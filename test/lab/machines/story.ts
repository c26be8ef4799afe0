import { borrow, joinEnded } from './borrowed.ts'
import { setUp } from './centre.ts'
import { Farm } from './farm.ts'
import { Teller } from './teller.ts'

const teller = new Teller(process.stdout)
const farm = await Farm.make(teller.told)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void farm.stop().then(() => process.exit(130)))
try {
  await tell()
} catch (error) {
  console.error(`demo: it did not go as told: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await farm.stop()
}

async function tell(): Promise<void> {
  teller.chapter('Two virtual machines with a kernel, a systemd and a cable of their own')
  teller.say(`"hub1" is a machine whose server and hub are units; the batch master "lsf", the computing element "ce", "secret", a
provider's NAT and "aruba-b" behind it are namespaces in it. "cloud-7" is a machine of that provider. Both have what a package
installs. Links are GRE, and WireGuard is the kernel's. There is no help of the hardware, so this takes minutes.`)

  teller.chapter('A centre from nothing: server, hub, and the far ends of two links')
  const { centre, hubBegins } = await setUp(farm)
  const { hub } = centre

  teller.chapter('A borrowed machine is switched on, and nothing is typed')
  const token = await centre.token('--site', 'aruba', '--class', 'worker')
  const node = borrow(farm, token)
  await Promise.all([hubBegins, node.booted(), centre.joinNode('aruba-b', 'aruba')])
  await joinEnded(node)
  await node.must(['journalctl', '--unit=dynfarm-join', '--output=cat', '--no-pager', '--lines=6'])
  await node.must(['dynfarm', 'status'])
  await hub.must(['dynfarm', 'node', 'list'])
  await hub.must(['ip', '-brief', 'link', 'show', 'type', 'gre'])
  await hub.must(['ip', '-brief', 'link', 'show', 'type', 'wireguard'])

  teller.chapter('Both ways, by name')
  await node.must(['ping', '-c2', '-w60', 'ce01.example.org'])
  await centre.must('lsf', ['ping', '-c2', '-w60', 'aruba-1.farm.example.org'])

  teller.chapter('And nowhere else, for a root who tries')
  await node.must(['ip', 'route', 'add', '192.0.2.66', 'dev', 'tun-wg'])
  await teller.refused(1, node.run(['ping', '-c1', '-W3', '192.0.2.66']))
  await node.must(['ip', 'route', 'del', '192.0.2.66', 'dev', 'tun-wg'])

  teller.chapter('The hub is started anew, and no packet is lost')
  const counted = centre.must('lsf', ['ping', '-q', '-i0.2', '-c50', 'aruba-1.farm.example.org'])
  await Promise.all([counted, hub.must(['systemctl', 'restart', 'dynfarm-hub'])])
  if (!(await counted).includes('50 received')) throw new Error('packets were lost')

  teller.chapter('The server is off, the machine reboots, and it is back')
  await hub.must(['systemctl', 'stop', 'dynfarm-server'])
  await node.reboot()
  await joinEnded(node)
  await node.must(['ping', '-c2', '-w60', 'ce01.example.org'])
  await hub.must(['systemctl', 'start', 'dynfarm-server'])

  teller.chapter('It leaves without a trace')
  await node.must(['dynfarm', 'leave'])
  await teller.refused(3, node.run(['dynfarm', 'status']))
  await hub.must(['dynfarm', 'node', 'list'])
}
