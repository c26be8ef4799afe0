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

test.each([
  ['a token of another site', ['--site', 'hpc'], 'not for "hpc"'],
  ['no resolv.conf', ['--resolv', '/nowhere'], '"/nowhere" cannot be read'],
  ['a folder as resolv.conf', ['--resolv', '/tmp'], '"/tmp" cannot be read'],
  ['a bind of a file over a folder', ['--bind', '/etc/passwd:/mnt'], 'Not a directory'],
  ['a status descriptor of Node’s', ['--status-fd', '8'], '--status-fd "8" is not open'],
])('%s ends with 125, and says why', async (_, options, why) => {
  const { code, stderr } = await lender.run(['true'], options)
  expect({ code, stderr }).toEqual({ code: 125, stderr: expect.stringContaining(why) })
})

test('what dynfarm cannot do is told as JSON', async () => {
  const bind = ['--mode', 'socks', '--bind', '/tmp:/mnt', '--json']
  const socks = await lender.run(['true'], bind)
  expect(socks.code).toBe(125)
  expect(JSON.parse(socks.stderr)).toMatchObject({ error: { reason: 'mode-unavailable' } })
})

test('a job has its code also where nobody reads what dynfarm says', async () => {
  const argv = lender.argv(['-v'], ['sh', '-c', 'sleep 1; echo ran; exit 37'])
  const script = '"$@" 2> >(exec true); echo $?'
  const { stdout } = await lender.host.run(['bash', '-c', script, 'bash', ...argv], {
    ordinary: true,
  })
  expect(stdout).toBe('ran\n37\n')
})

test('a bind shows a folder with what is mounted in it, but for the token, wherever that is', async () => {
  const folder = '/home/alice/folder'
  await lender.host.must([
    'sh',
    '-ec',
    'mkdir "$1"; echo in >"$1/in"; chown -R alice "$1"',
    'sh',
    folder,
  ])
  const binds = ['/home:/mnt', `${folder}:/tmp`, '/sys:/srv'].flatMap((one) => ['--bind', one])
  const script = 'wc -c <~/token; wc -c </mnt/alice/token; cat /tmp/in; ls -d /srv/kernel'
  const { code, stdout, stderr } = await lender.sh(script, [...binds, '--quiet'])
  await lender.host.must(['rm', '-r', folder])
  expect({ code, stdout, stderr }).toEqual({
    ...{ code: 0, stderr: '', stdout: '0\n0\nin\n/srv/kernel\n' },
  })
})

test('a token by a relative path, and one that join.yaml names, are not the job’s to read', async () => {
  const [node = '', program = ''] = lender.argv([], [])
  const yaml = 'servers: [https://203.0.113.12:8443]\ntoken-file: /home/alice/token\n'
  const script = 'cd; "$@"'
  const ways = [
    ['--config', '/tmp/config'],
    ['--server', 'https://203.0.113.12:8443', '--token-file', 'token'],
  ]
  await lender.host.must(['sh', '-ec', 'mkdir /tmp/config; cat >/tmp/config/join.yaml'], {
    input: yaml,
  })
  for (const way of ways) {
    const words = [node, program, 'run', '--quiet', ...way, '--', 'sh', '-c', 'wc -c <~/token']
    const outcome = await lender.host.run(['sh', '-c', script, 'sh', ...words], { ordinary: true })
    expect(outcome).toEqual({ code: 0, stdout: '0\n', stderr: '' })
  }
  await lender.host.must(['rm', '-r', '/tmp/config'])
  await lender.host.must(['chmod', '644', '/home/alice/token'])
  const { stderr } = await lender.run(['true'], ['--quiet'])
  await lender.host.must(['chmod', '600', '/home/alice/token'])
  expect(stderr).toMatch(/^dynfarm: others on this machine may read the token in .*\n$/)
})

test('nothing is left of all these', async () => {
  expect(await lender.traces()).toBe(before)
  expect(await lender.names()).toEqual([])
})
