import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../join/centre.ts'
import { ce, type Lender, port, startLender } from './support.ts'

let lender: Lender

beforeAll(async () => {
  lender = await startLender()
  lender.centre.lab.host('ce').spawn(['iperf3', '-s', '-p', port])
})

afterAll(async () => {
  await lender?.centre.stop()
})

/** All that somebody would try first, as root of new namespaces and without; none of it may matter. */
const attempts = `
for dev in eth0 tap0 job tun-udp; do
  tc qdisc del dev $dev root; tc qdisc replace dev $dev root pfifo; ip link set dev $dev mtu 9000
  unshare -Urn tc qdisc del dev $dev root
  unshare -Ur tc qdisc del dev $dev root
  unshare -Ur ip link set dev $dev down
done
for pid in 1 2 3 4 5 6 7 8 9; do
  nsenter -t $pid -n tc qdisc del dev job root
  unshare -Ur nsenter -t $pid -U -n tc qdisc del dev job root
done
kill -KILL 1
unshare -Urm sh -c 'umount -a; umount /tmp/dynfarm-run-31000; umount /proc; umount /etc/hosts'
umount /proc
echo 0 >/proc/sys/net/ipv4/ip_forward
true`

/** Goodput in Mbit/s. */
async function rates(
  before: string,
  limits: readonly string[],
): Promise<{ rx: number; tx: number; said: string }> {
  // The server may not have ended the last test yet.
  const iperf = (way: string, more: string) =>
    `until iperf3 -J -c ${ce} -p ${port} -t 3 ${more} >"$HOME/${way}"; ! grep -q "try again later" "$HOME/${way}"; do sleep 0.2; done`
  const script = `(${before}) >/dev/null 2>&1; ${iperf('tx', '')}; ${iperf('rx', '-R')}`
  const { code, stderr } = await lender.sh(script, limits)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  const rate = async (way: string) => {
    const { end } = JSON.parse(await lender.host.read(`/home/alice/${way}`))
    return end.sum_received.bits_per_second / 1e6
  }
  return { rx: await rate('rx'), tx: await rate('tx'), said: stderr }
}

test('what a job gets is what it was given, whatever it tries', async () => {
  const limits = ['--limit-rx', '20M', '--limit-tx', '20M']
  const meek = await rates('true', limits)
  const bold = await rates(attempts, limits)
  for (const rate of [meek.rx, meek.tx, bold.rx, bold.tx]) {
    // How near it comes is TCP's doing, and the machine's.
    expect(rate).toBeGreaterThan(5)
    expect(rate).toBeLessThan(21)
  }
  // How many are dropped is TCP's doing; that they are counted is shown where the counters are read.
  expect(meek.said).toMatch(/towards it .* on average, limit 20\.0 Mbit\/s \(\d+ packets dropped\)/)
  expect(meek.said).toMatch(/away from it .* limit 20\.0 Mbit\/s \(\d+ packets dropped\)/)
  expect((await rates('true', [])).rx).toBeGreaterThan(25)
})

test('nothing of the tunnel is to be found from within', async () => {
  const job = lender.spawn(['sh', '-c', `while ! test -e ~/go; do sleep 0.1; done; ${search}`])
  let key = ''
  await until(async () => {
    // One that only tells its version has no key.
    const look = 'cat /proc/$(pgrep -nx openvpn)/root/run/dynfarm/job/node/key.pem'
    const { code, stdout } = await lender.host.run(['sh', '-c', look])
    key = stdout
    return code === 0
  })
  const [, secret = ''] = key.split('\n')
  expect(secret.length).toBeGreaterThan(40)
  await lender.host.write('/tmp/patterns', `${secret}\n${lender.token}\n`)
  expect((await lender.host.run(['grep', '-rlFf', '/tmp/patterns', '/home'])).stdout).toBe(
    '/home/alice/token\n',
  )
  await lender.host.must(['sh', '-c', 'touch /home/alice/go; chown alice /home/alice/go'])
  const { stdout, exitCode } = await job
  expect({ stdout, exitCode }).toEqual({ stdout: 'searched\n', exitCode: 0 })
})

/** The patterns are read by a descriptor, and are the one place that has them. */
const search = `cd /; exec 2>/dev/null
grep -rlFf /tmp/patterns /home /run /tmp /var /etc /dev/shm | grep -v '^/tmp/patterns$'
for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/[0-9]*/maps; do grep -lFf /tmp/patterns "$file"; done
for pid in /proc/[0-9]*; do
  test "$(cat "$pid/comm")" = openvpn && echo "$pid"
  case \${pid##*/} in $$) ;; *) ls "$pid/root/run/dynfarm" "$pid/fd/3" ;; esac
done
ls /run/dynfarm /run/wireguard /tmp/dynfarm-run-31000/*
echo searched`

test('the host of the job is no way out: not its sshd, nor its loopback', async () => {
  const reach = (address: string, at: number) =>
    `timeout 3 bash -c '</dev/tcp/${address}/${at}' 2>/dev/null && echo ${address}`
  await lender.host.must(['bash', '-c', '</dev/tcp/127.0.0.1/22'])
  const more = 'ip addr add 10.66.0.1/32 dev lo; ip route add local 10.88.0.0/24 dev lo'
  await lender.host.must(['sh', '-ec', more])
  const own = ['127.0.0.1', '10.1.4.1', '10.66.0.1', '10.88.0.3']
  const script = [
    ...[...own, '10.0.2.2', '10.0.2.100', '169.254.77.1'].map((address) => reach(address, 22)),
    `ls -A /run/user/31000; echo done`,
  ].join('; ')
  expect(await lender.sh(script)).toMatchObject({ stdout: 'done\n' })
})
