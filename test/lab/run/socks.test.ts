import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixture, until } from '../join/centre.ts'
import { ce, type Lender, port, startLender } from './support.ts'

/** A machine that gives a job nothing: what it reaches, it reaches by the hub's `socks:` port. */
let lender: Lender
let before: string

const socks = ['--mode', 'socks']
const asks = (host: string, to = port) =>
  `timeout 10 bash -c 'exec 3<>/dev/tcp/${host}/${to}; echo hi >&3; read -r l <&3; echo $l' 2>/dev/null`

/** To a host of the Internet, which is no service. */
const uplink = "timeout 10 bash -c '</dev/tcp/203.0.113.12/8443' 2>/dev/null"

beforeAll(async () => {
  lender = await startLender()
  const far = lender.centre.lab.host('ce')
  far.spawn([process.execPath, fixture('echo.ts'), port])
  far.spawn(['iperf3', '-s', '-p', '9619'])
  lender.centre.lab.host('secret').spawn([process.execPath, fixture('echo.ts'), port])
  await lender.run(['true'], socks)
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
})

test('programs reach the service by name and by address, the Internet as ever, and nothing else', async () => {
  const script = `id -u; ${asks('ce01.example.org')}; ${asks(ce)}
    ${asks('192.0.2.66')} || echo secret; ${asks(ce, '22')} || echo port
    ${uplink} && echo internet`
  const { code, stdout, stderr } = await lender.sh(script, socks)
  expect({ stdout, code, stderr }).toMatchObject({
    stdout: '31000\nhi\nhi\nsecret\nport\ninternet\n',
    code: 0,
  })
  expect(stderr).toMatch(/job "aruba-job-\d+" in mode "socks" by "socks" \(split\)/)
})

test('where user namespaces are switched off, the setting that did it is named', async () => {
  const [node = '', program = ''] = lender.argv([], [])
  const script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@" doctor --run --json'
  const within = ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh', node, program]
  const { mode, ns } = JSON.parse(await lender.host.must(within))
  const why = 'switched off: "user.max_user_namespaces" is 0'
  expect(mode).toBe('socks')
  expect(ns).toContainEqual({ name: 'user namespaces', isThere: false, why })
})

test('by "all" the Internet is closed, and tsocks does as well as proxychains', async () => {
  const tsocks = 'export LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libtsocks.so TSOCKS_CONF_FILE=$HOME/t'
  const script = `${asks('203.0.113.12', '8443')} || echo closed
    { echo server = 127.0.0.1; echo server_type = 5; echo server_port = \${ALL_PROXY##*:}; } >~/t
    ${tsocks}; ${asks(ce)}; unset LD_PRELOAD; rm ~/t`
  const { stdout } = await lender.sh(script, [...socks, '--route', 'all', '--quiet'])
  expect(stdout).toBe('closed\nhi\n')
})

test('a job ends with its own code, and all that it started ends with it', async () => {
  const ends = ['exit 37', 'kill -SEGV $$', 'setsid sleep 600 & exit 3']
  const ran = await Promise.all(ends.map((one) => lender.sh(one, [...socks, '--quiet'])))
  expect(ran).toEqual([37, 139, 3].map((code) => ({ code, stdout: '', stderr: '' })))
  expect(await lender.traces()).toBe(before)
})

test('nobody else of the machine gets anything at the local end; a revoked job loses its streams', async () => {
  const script = `echo \${ALL_PROXY##*:}; exec 3<>/dev/tcp/${ce}/${port}; echo there >&3; cat <&3; echo over; sleep 600`
  const job = lender.spawn(['bash', '-c', script], [...socks, '--quiet'])
  let said = ''
  job.stdout?.on('data', (data) => {
    said += data
  })
  await until(
    async () => said.includes('there'),
    () => said,
  )
  const proxy = `socks5h://127.0.0.1:${said.split('\n')[0]}`
  const curl = ['curl', '-s', '--max-time', '3', '-x', proxy, `telnet://${ce}:${port}`]
  const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
  const far = await lender.host.run([...nobody, ...curl], { input: 'hi\n' })
  expect(far).toMatchObject({ stdout: '', code: 97 })
  const [name = ''] = await lender.names()
  const { code, stderr } = await lender.centre.dynfarm('server', ['node', 'revoke', name])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  await until(
    async () => said.includes('over'),
    () => said,
  )
  await lender.host.must(['kill', '-KILL', String(await lender.dynfarm())])
  await job
  await until(async () => !(await lender.traces()).includes('sleep'))
  await lender.run(['true'], socks)
  expect(await lender.traces()).toBe(before)
})

test('limits hold both ways, for all streams together', async () => {
  const one = (way: string, more: string) =>
    // Its server may not have ended the last test yet.
    `until iperf3 -J -c ${ce} -p 9619 -t 3 -P 2 ${more} >"$HOME/${way}"; ! grep -q "try again later" "$HOME/${way}"; do sleep 0.2; done`
  const limits = ['--limit-rx', '20M', '--limit-tx', '20M']
  const { code, stderr } = await lender.sh(`${one('tx', '')} && ${one('rx', '-R')}`, [
    ...socks,
    ...limits,
  ])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  for (const way of ['tx', 'rx']) {
    const { end } = JSON.parse(await lender.host.read(`/home/alice/${way}`))
    const rate = end.sum_received.bits_per_second / 1e6
    expect(rate).toBeLessThan(21)
    expect(rate).toBeGreaterThan(10)
  }
})

test('nothing is left of all these', async () => {
  await lender.host.must(['rm', '-f', '/home/alice/tx', '/home/alice/rx'])
  expect(await lender.traces()).toBe(before)
})
