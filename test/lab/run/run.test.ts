import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixture, until } from '../join/centre.ts'
import { ce, type Lender, port, startLender } from './support.ts'

let lender: Lender
let before: string

/** To a host of the Internet, which is no service. */
const uplink = "timeout 5 bash -c '</dev/tcp/203.0.113.12/8443' 2>/dev/null"

beforeAll(async () => {
  lender = await startLender()
  await lender.run(['true'])
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
})

test('a job is its user’s, reaches what it may, and has names and a resolver of its own', async () => {
  const script = `id -u; ping -c1 -W5 ce01.example.org >/dev/null && echo ce
    ping -c1 -W2 192.0.2.66 >/dev/null || echo secret
    ${uplink} && echo internet
    ip -o -4 addr show dev eth0 | grep -o '10[0-9.]*/32'; grep -c job /etc/hosts; cat /etc/resolv.conf`
  const { code, stdout, stderr } = await lender.sh(script, ['--mode', 'ns'])
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 })
  const lines = stdout.trim().split('\n')
  expect(lines).toEqual([
    ...['31000', 'ce', 'secret', 'internet'],
    ...[expect.stringMatching(/^10\.200\.64\.\d+\/32$/), '1', 'nameserver 10.0.2.3'],
  ])
  expect(stderr).toMatch(/job "aruba-job-\d+" in mode "ns" by "udp" \(split\)/)
})

test('the centre opens connections towards a job, at the address that the job sees as its own', async () => {
  const job = lender.spawn(['iperf3', '-s', '-1', '--forceflush', '-p', port])
  let said = ''
  job.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await until(
    async () => said.includes('listening'),
    () => said,
  )
  const name = (await lender.names()).at(-1)
  const client = ['iperf3', '-c', `${name}.farm.example.org`, '-p', port, '-t', '1']
  expect(await lender.centre.lab.host('ce').run(client)).toMatchObject({ code: 0 })
  expect((await job).exitCode).toBe(0)
})

test('a connection that the centre opens while a job comes up stands as soon as the job does', async () => {
  const listen = [process.execPath, fixture('echo.ts'), port]
  const job = lender.spawn(listen, ['--quiet', '--status-fd', '1'])
  let said = ''
  job.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const address = () => /"addresses":\["([^"]+)"/.exec(said)?.[1]
  await until(
    async () => address() !== undefined,
    () => said,
  )
  const knock = `until { exec 3<>/dev/tcp/${address()}/${port}; } 2>/dev/null; do :; done
    echo hi >&3; read -t 20 -r line <&3; echo "$line"`
  const { stdout } = await lender.centre.lab.host('ce').run(['timeout', '40', 'bash', '-c', knock])
  expect(stdout).toBe('hi\n')
  await lender.host.must(['kill', String(await lender.dynfarm())])
  expect((await job).exitCode).toBe(128 + 15)
})

test('by "all" nothing but the centre is reached', async () => {
  const script = `ping -c1 -W5 ${ce} >/dev/null && echo ce; ${uplink} || echo closed`
  expect(await lender.sh(script, ['--route', 'all'])).toMatchObject({ stdout: 'ce\nclosed\n' })
})

test('several at once end each with its own code, and say nothing that the job did not say', async () => {
  const cases: [string, number][] = [
    ...([
      ['exit 0', 0],
      ['exit 37', 37],
      ['exit 255', 255],
    ] as [string, number][]),
    ...([
      ['kill -SEGV $$', 139],
      ['kill -KILL $$', 137],
      ['no-such-program', 127],
    ] as [string, number][]),
  ]
  const ran = await Promise.all(
    cases.map(([script]) => lender.sh(`${script} 2>/dev/null`, ['--quiet'])),
  )
  expect(ran).toEqual(cases.map(([, code]) => ({ code, stdout: '', stderr: '' })))
})

test('what dynfarm cannot do ends with 125, and says why', async () => {
  const far = await lender.run(['true'], ['--site', 'hpc'])
  expect(far).toMatchObject({ code: 125, stderr: expect.stringContaining('not for "hpc"') })
  const missing = await lender.run(['true'], ['--resolv', '/nowhere'])
  expect(missing).toMatchObject({ code: 125, stderr: expect.stringContaining('"/nowhere"') })
  const bind = ['--mode', 'socks', '--bind', '/tmp:/mnt', '--json']
  const socks = await lender.run(['true'], bind)
  expect(socks.code).toBe(125)
  expect(JSON.parse(socks.stderr)).toMatchObject({ error: { reason: 'mode-unavailable' } })
})

test('nothing is left of all these', async () => {
  expect(await lender.traces()).toBe(before)
  expect(await lender.names()).toEqual([])
})
