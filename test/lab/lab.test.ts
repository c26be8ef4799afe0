import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Lab, startLab } from './lib/lab.ts'
import { holdingsOf, tracesOf } from './lib/traces.ts'

let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})

afterAll(async () => await lab.stop())

/** Keeps the known hosts and the key of the lab, and nothing of the user's. */
const ssh = ['ssh', '-F', 'none', '-i', '/root/.ssh/lab', '-o', 'BatchMode=yes']
const known = ['-o', 'UserKnownHostsFile=/root/.ssh/lab_known_hosts', '-o', 'ConnectTimeout=2']

async function sshTo(from: string, to: string, ...command: string[]) {
  return await lab.host(from).run([...ssh, ...known, `root@${to}`, ...command])
}

async function isReached(from: string, to: string): Promise<boolean> {
  const { code } = await lab.host(from).run(['ping', '-c1', '-W1', to])
  return code === 0
}

describe('who reaches whom', () => {
  const table = `
    hub1       hub2                yes   both on the public side and the centre's
    hub1       ce                  yes
    hub1       2001:db8:c::22      yes
    ce         secret              yes   the centre's own network is open inside
    ce         203.0.113.10        no    and has no way out
    aruba-a    203.0.113.10        yes   out through the NAT
    aruba-a    aruba-b             yes   siblings are neighbours
    aruba-a    os-a                yes
    aruba-a    192.0.2.22          no    the centre's network is not on the Internet
    aruba-a    2001:db8:1::10      no    the provider has IPv4 alone
    os-a       203.0.113.10        yes
    os-a       2001:db8:1::10      yes
    os-a       192.0.2.22          no
    os-a       2001:db8:c::22      no
    os-a       aruba-nat           no    drops what comes in, to itself
    os-a       10.1.4.1            no    and nobody routes to what is behind it
    internet   10.1.4.1            no
    hub1       os-b                yes
    hub1       2001:db8:3::131     yes
    hub1       2001:db8:4:1::10    no    the HPC centre lets nothing in
    hpc        203.0.113.10        no    nor ICMP out
    hpc        2001:db8:1::10      no
  `
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/))

  test.concurrent.each(rows)('%s to %s: %s', async (from = '', to = '', answer) => {
    expect(await isReached(from, to)).toBe(answer === 'yes')
  })

  test('a route of the provider does not open its NAT', async () => {
    await lab.host('internet').must(['ip', 'route', 'add', '10.1.0.0/16', 'via', '198.51.100.10'])
    expect(await isReached('internet', '10.1.4.1')).toBe(false)
    await lab.host('internet').must(['ip', 'route', 'delete', '10.1.0.0/16'])
  })
})

describe('ssh', () => {
  const neighbours = `
    hub1 hub2   hub1 server   hub1 lsf   hub1 ce   hub1 argus   hub1 ui   hub1 secret   ce hub1
    aruba-nat aruba-a   aruba-nat aruba-b   aruba-a aruba-nat   hub1 os-a   hub1 os-b
    hub1 internet   hpc-gw hpc   hpc hpc-gw
  `
  const pairs = neighbours
    .trim()
    .split(/\s{2,}/)
    .map((pair) => pair.split(' '))

  test.concurrent.each(pairs)('%s logs in on %s', async (from = '', to = '') => {
    expect(await sshTo(from, to, 'hostname')).toEqual({ code: 0, stdout: `${to}\n`, stderr: '' })
  })

  test('two machines behind the NAT share its address', async () => {
    const sources = ['aruba-a', 'aruba-b'].map(async (machine) => {
      const { stdout } = await sshTo(machine, '203.0.113.131', 'echo', '$SSH_CONNECTION')
      return stdout.split(' ')[0]
    })
    expect(await Promise.all(sources)).toEqual(['198.51.100.10', '198.51.100.10'])
  })

  test.each(['203.0.113.10', '2001:db8:1::10'])('hpc opens TCP to %s', async (hub) => {
    expect((await sshTo('hpc', hub, 'true')).code).toBe(0)
  })

  test.concurrent.each(['2001:db8:4:1::10', '203.0.113.66'])(
    'nobody opens TCP to hpc at %s',
    async (hpc) => {
      expect((await sshTo('hub1', hpc, 'true')).code).toBe(255)
    },
  )
})

test('hpc sends UDP out and hears the answer', async () => {
  const server = `require('dgram').createSocket('udp4', function (text, from) {
    this.send(text, from.port, from.address)
  }).bind(5300, () => console.log('listening'))`
  const client = `const socket = require('dgram').createSocket('udp4', (text) => {
    console.log(String(text)); process.exit()
  })
  socket.send('hello', 5300, '203.0.113.10')`
  const echo = lab.host('hub1').spawn([process.execPath, '-e', server])
  await new Promise((listening) => echo.stdout.once('data', listening))
  const heard = await lab
    .host('hpc')
    .run([process.execPath, '-e', client], { ordinary: true, timeoutMs: 5000 })
  echo.kill('SIGKILL')
  expect(heard).toEqual({ code: 0, stdout: 'hello\n', stderr: '' })
})

describe('a host', () => {
  test.each(['/etc', '/run', '/root', '/tmp', '/var/lib', '/usr/local', '/dev/shm'])(
    'has a %s of its own',
    async (folder) => {
      const file = `${folder}/dynfarm-lab-test`
      await lab.host('ce').write(file, 'mine')
      expect((await lab.host('ui').run(['cat', file])).code).toBe(1)
      expect(existsSync(file)).toBe(false)
      expect(await lab.host('ce').read(file)).toBe('mine')
    },
  )

  test('does not see what this machine keeps for itself', async () => {
    const listing = await lab.host('ce').must(['ls', '-A', '/home', '/tmp', '/var/tmp'])
    const names = listing.split('\n').filter((line) => !line.endsWith(':') && line !== '')
    // The working tree is seen at its own path, which may begin in one of these folders.
    const [, , ofTree] = import.meta.dirname.split('/')
    expect(names.filter((name) => name !== ofTree)).toEqual(['alice', 'dynfarm-lab-test'])
  })

  test('has its own name, machine-id and host key', async () => {
    const look = ['cat', '/etc/hostname', '/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub']
    const looks = await Promise.all(lab.hosts.map((host) => host.must(look)))
    const columns = looks.map((text) => text.trim().split('\n'))
    for (const index of [0, 1, 2])
      expect(new Set(columns.map((lines) => lines[index])).size).toBe(lab.hosts.length)
    expect(await lab.host('ce').must(['hostname'])).toBe('ce\n')
  })

  test('may open a tun device, also as an ordinary user', async () => {
    const open = ['sh', '-c', 'exec 3<>/dev/net/tun']
    expect(await lab.host('hpc').run(open, { ordinary: true })).toMatchObject({ code: 0 })
  })

  test('lets an ordinary user make namespaces', async () => {
    const nested = ['unshare', '-Urn', 'ip', '-br', 'link']
    expect(await lab.host('hpc').must(nested, { ordinary: true })).toMatch(/^lo +DOWN/)
  })

  test('cannot write the project, which it sees as it is', async () => {
    const here = new URL('../../package.json', import.meta.url).pathname
    expect(await lab.host('ce').read(here)).toBe(readFileSync(here, 'utf8'))
    expect((await lab.host('ce').run(['touch', here])).stderr).toContain('Read-only file system')
  })

  test('collects orphans', async () => {
    await lab.host('ce').must(['sh', '-c', '(sh -c "exit 3" &) ; sleep 0.2'])
    await expect.poll(() => lab.host('ce').must(['ps', '-eo', 'stat='])).not.toMatch(/Z/)
  })
})

describe('run', () => {
  test('passes arguments untouched', async () => {
    const odd = ['a b', "it's", '"', '--', '-x', '', 'two\nlines', '$HOME `id` *', '\\']
    expect(await lab.host('ce').must(['printf', '%s\\0', ...odd])).toBe(`${odd.join('\0')}\0`)
  })

  test.each([
    [0, 'exit 0'],
    [37, 'exit 37'],
    [139, 'kill -SEGV $$'],
    [143, 'kill -TERM $$'],
    [127, 'no-such-program'],
  ])('ends with %i after %s', async (code, script) => {
    expect(await lab.host('ce').run(['sh', '-c', script])).toMatchObject({ code })
  })

  test('kills what outlives its time', async () => {
    const slow = ['sh', '-c', 'sleep 1000 & sleep 1000']
    expect(await lab.host('ce').run(slow, { timeoutMs: 200 })).toMatchObject({ code: 137 })
    expect(await lab.host('ce').must(['ps', '-eo', 'args='])).not.toContain('sleep 1000')
  })

  test('has an empty standard input unless one is given', async () => {
    expect(await lab.host('ce').must(['cat'])).toBe('')
    expect(await lab.host('ce').must(['cat'], { input: 'given' })).toBe('given')
  })
})

describe('reboot', () => {
  test('keeps files; loses processes, devices and /run', async () => {
    const os = lab.host('os-a')
    const before = await os.read('/etc/machine-id')
    await os.write('/etc/kept', 'kept')
    await os.write('/var/lib/kept', 'kept')
    await os.write('/run/lost', 'lost')
    await os.must(['ip', 'link', 'add', 'lost', 'type', 'veth', 'peer', 'name', 'lost2'])
    await os.must(['sh', '-c', 'setsid sleep 4711 >/dev/null 2>&1 &'])
    expect(await os.must(['ps', '-eo', 'args='])).toContain('sleep 4711')

    await lab.reboot('os-a')

    expect(await os.must(['cat', '/etc/kept', '/var/lib/kept'])).toBe('keptkept')
    expect(await os.read('/etc/machine-id')).toBe(before)
    expect((await os.run(['cat', '/run/lost'])).code).toBe(1)
    expect(await os.must(['ps', '-eo', 'args='])).not.toContain('sleep 4711')
    expect(await os.must(['ip', '-br', 'link'])).not.toContain('lost')
    expect((await sshTo('hub1', 'os-a', 'true')).code).toBe(0)
    expect(await isReached('os-a', '2001:db8:1::10')).toBe(true)
  })

  test('of the NAT loads its firewall again', async () => {
    await lab.reboot('aruba-nat')
    expect(await isReached('aruba-a', '203.0.113.10')).toBe(true)
    expect(await isReached('os-a', 'aruba-nat')).toBe(false)
  })
})

test('two labs stand side by side, and a stopped one leaves nothing', async () => {
  const other = await startLab({ scenario: 'small' })
  const held = holdingsOf(other)
  expect(tracesOf(held)).not.toEqual([])
  expect(await other.host('ce').must(['hostname'])).toBe('ce\n')
  await other.stop()
  // The process that waited for the lab to end needs a moment to see it.
  await expect.poll(() => tracesOf(held)).toEqual([])
  expect(await isReached('hub1', 'ce')).toBe(true)
})
