import { describe, expect, test } from 'vitest'
import { chooseMode, judgeNs } from '../../src/run/abilities.ts'
import { Closing } from '../../src/run/closing.ts'
import { coverWords } from '../../src/run/cover.ts'
import { folderName, isAbandoned } from '../../src/run/folder-name.ts'
import { hostsFor, resolvFor } from '../../src/run/hosts.ts'
import { readBinds, readWishes } from '../../src/run/options.ts'
import { canTell } from '../../src/run/status-fd.ts'
import { renderSummary, type Summary } from '../../src/run/summary.ts'
import { Meter, parseCount, parseDropped } from '../../src/run/traffic.ts'

const all = [
  ...['unshare', 'nsenter', 'setpriv', 'mount', 'flock', 'ip', 'tc', 'nft', 'sysctl'],
  ...['slirp4netns', 'openvpn'],
].map((program) => `has ${program}`)
const whole = [...all, 'most 1000', 'user', 'proc', 'tun']
const without = (...lines: string[]) => new Set(whole.filter((line) => !lines.includes(line)))

describe('the mode', () => {
  test('is "ns" where nothing is missing', () => {
    const ns = { mode: 'ns', reasons: [] }
    expect(chooseMode('auto', { ns: judgeNs(without()) })).toEqual(ns)
    expect(chooseMode('ns', { ns: judgeNs(without()) })).toEqual(ns)
  })

  test.each([
    [['has slirp4netns'], 'program "slirp4netns": it is not on PATH'],
    [['has openvpn'], 'neither "openvpn" nor "wireguard-go"'],
    [['user', 'proc', 'tun'], 'user namespaces: the kernel refuses them'],
    [['proc'], 'part of /proc is hidden'],
    [['tun'], '/dev/net/tun'],
  ])('is "socks" without %s, and that is said; "ns" alone does not do', (lines, why) => {
    const abilities = { ns: judgeNs(without(...lines)) }
    const { mode, reasons } = chooseMode('auto', abilities)
    expect({ mode, said: reasons.join() }).toEqual({
      mode: 'socks',
      said: expect.stringContaining(why),
    })
    expect(() => chooseMode('ns', abilities)).toThrow(why)
  })

  test.each([
    ['most 0', '"user.max_user_namespaces" is 0'],
    ['armour 1', 'AppArmor'],
  ])('tells who closed user namespaces: %s', (line, why) => {
    const lines = without('user', 'proc', 'tun', 'most 1000').add(line)
    expect(chooseMode('auto', { ns: judgeNs(lines) }).reasons.join()).toContain(why)
  })

  test('"socks" asks nothing of the machine', () => {
    expect(chooseMode('socks', { ns: judgeNs(new Set()) })).toEqual({ mode: 'socks', reasons: [] })
  })
})

describe('a private folder', () => {
  const here = { host: 'wn_1', boot: 'b-1', namespace: '42' }
  const name = folderName(here, { pid: 7, start: 99 })
  const dead = () => false

  test('is abandoned when its process is gone', () => {
    expect(isAbandoned(name, here, dead)).toBe(true)
    expect(isAbandoned(name, here, ({ pid, start }) => pid === 7 && start === 99)).toBe(false)
  })

  test.each([
    ['of an earlier boot', { boot: 'b-2' }, true],
    ['of another host', { host: 'wn2' }, false],
    ['of another numbering', { namespace: '43' }, false],
  ])('%s', (_, other, abandoned) => {
    expect(isAbandoned(name, { ...here, ...other }, dead)).toBe(abandoned)
  })

  test('of somebody else stays', () => {
    expect(isAbandoned('precious', here, dead)).toBe(false)
  })
})

describe('what a job sees', () => {
  test('is laid over the rest: what is shown first, what is hidden last', () => {
    const binds = [{ from: '/p/hosts', to: '/etc/hosts' }]
    const cover = { uid: 1000, gid: 100, binds, files: ['/home/u/token'], folders: ['/p'] }
    expect(coverWords(cover).join(' ')).toBe(
      '1000 100 bind /p/hosts /etc/hosts file /home/u/token folder /p',
    )
  })

  test('is not what is hidden, also where a bind shows the folder that it is in, and a bind of that', () => {
    const binds = [
      ...[
        { from: '/home/u', to: '/mnt' },
        { from: '/mnt', to: '/srv' },
        { from: '/', to: '/all' },
      ],
      { from: '/home/us', to: '/opt' },
    ]
    const cover = { uid: 1000, gid: 100, binds, files: ['/home/u/token'], folders: ['/run/user/7'] }
    const words = coverWords(cover).join(' ')
    for (const hidden of ['/home/u/token', '/mnt/token', '/srv/token', '/all/srv/token'])
      expect(words).toContain(`file ${hidden} `)
    expect(words).toMatch(/folder \/run\/user\/7 folder \/all\/run\/user\/7$/)
    expect(words).not.toContain('/opt/')
  })

  test('has the names of the centre before those of the machine', () => {
    const node = { name: 'hpc-job-1', fqdn: 'hpc-job-1.x.org', addresses: ['10.200.64.1'] }
    const hosts = [{ address: '192.0.2.22', names: ['ce01'] }]
    const text = Buffer.from(hostsFor(node, hosts, '127.0.0.1 localhost\n')).toString()
    expect(text.indexOf('192.0.2.22 ce01')).toBeLessThan(text.indexOf('127.0.0.1 localhost'))
    expect(text.indexOf('192.0.2.22 ce01')).toBeGreaterThan(-1)
  })

  test('asks the uplink for names, by "all" nobody', () => {
    const machine = 'search x.org\nnameserver 127.0.0.53\noptions edns0\n'
    expect(resolvFor(machine, 'split')).toBe('nameserver 10.0.2.3\nsearch x.org\noptions edns0\n')
    expect(resolvFor(machine, 'all')).toBe('search x.org\noptions edns0\n')
  })
})

describe('the options', () => {
  const none = { mode: undefined, route: undefined, limitRx: undefined, limitTx: undefined }

  test('have defaults, and rates in bits', () => {
    expect(readWishes({ ...none, limitTx: '20M', statusFd: '3' })).toEqual({
      ...{ mode: 'auto', route: 'split', statusFd: 3, limits: { rx: undefined, tx: 20_000_000 } },
    })
  })

  test.each([
    [{ limitRx: '20' }, '--limit-rx "20"'],
    [{ limitTx: '10k' }, '--limit-tx "10k"'],
    [{ statusFd: 'x' }, '--status-fd "x"'],
  ])('%o is refused', (flags, why) => {
    expect(() => readWishes({ ...none, statusFd: undefined, ...flags })).toThrow(why)
  })

  test('bind whole paths', () => {
    expect(readBinds(['/a:/b'])).toEqual([{ from: '/a', to: '/b' }])
    for (const text of ['a:/b', '/a', '/a:/b:/c', '/a:/', '/a:/proc', '/a://proc/1'])
      expect(() => readBinds([text])).toThrow(text)
  })
})

test.each([
  ['a file', 3, true],
  ['a pipe, also where another descriptor leads there', 1, true],
  ['what is only read', 0, false],
  ['what is not open', 4, false],
  ['what is no file', 11, false],
  ['a pipe with both ends in this process', 14, false],
])('the state is told to %s: %d', (_, fd, expected) => {
  const [read, write, both] = [0o2000000, 0o2000001, 0o2000002]
  const all = [
    ...[
      { fd: 0, target: '/dev/null', flags: read },
      { fd: 3, target: '/tmp/s', flags: write },
    ],
    ...[
      { fd: 1, target: 'pipe:[7]', flags: write },
      { fd: 2, target: 'pipe:[7]', flags: write },
    ],
    { fd: 11, target: 'anon_inode:[eventfd]', flags: both },
    ...[
      { fd: 13, target: 'pipe:[9]', flags: read },
      { fd: 14, target: 'pipe:[9]', flags: write },
    ],
  ]
  expect(canTell(fd, all)).toBe(expected)
})

test('what cannot be closed keeps nothing else open, and is told', async () => {
  const closed: string[] = []
  const closing = new Closing()
  closing.after(Promise.resolve(), () => closed.push('first'))
  closing.after(Promise.resolve(), () => {
    throw new Error('no')
  })
  closing.after(Promise.resolve(), () => closed.push('last'))
  await expect(closing.close()).rejects.toThrow('no')
  expect(closed).toEqual(['last', 'first'])
})

describe('traffic', () => {
  const table = `Inter-|   Receive  |  Transmit
    job: 1000 1 0 0 0 0 0 0 5000 2 0 0 0 0 0 0
 jobber:    7 1 0 0 0 0 0 0    8 2 0 0 0 0 0 0
`

  test('is the far end’s, the other way round', () => {
    expect(parseCount(table, 'job')).toEqual({ rx: 5000, tx: 1000 })
    expect(parseCount(table, 'eth0')).toBeUndefined()
  })

  test('has what each limit dropped', () => {
    const output =
      '[{"kind":"tbf","dev":"job","drops":7},{"kind":"noqueue","dev":"tap0","drops":1}]'
    expect(parseDropped(output)).toEqual(new Map([['job', 7]]))
  })

  test('has the rate of its fullest second, and no burst of less', () => {
    const meter = new Meter()
    meter.look({ rx: 0, tx: 0 }, 0)
    meter.look({ rx: 1_000_000, tx: 500 }, 1000)
    meter.look({ rx: 1_250_000, tx: 1000 }, 2000)
    meter.look({ rx: 9_000_000, tx: 1000 }, 2010)
    expect(meter.end({ rx: 9_000_001, tx: 1000 }, 2020)).toEqual({
      ...{ rx: 9_000_001, tx: 1000, peakRx: 8_000_000, peakTx: 4000 },
      ...{ averageRx: 35_643_568, averageTx: 3960 },
    })
  })
})

test('a summary has limit, peak, average and what was dropped, each way', () => {
  const summary: Summary = {
    ...{ name: 'hpc-job-1', addresses: [], mode: 'ns', rung: 'udp', route: 'split', startMs: 1234 },
    ...{ rx: 5, tx: 6, peakRx: 19.9e6, peakTx: 2e6, averageRx: 15e6, averageTx: 1e6, exit: 0 },
    ...{ limits: { rx: 20e6, tx: null }, dropped: { rx: 7, tx: null }, cvmfs: null },
  }
  expect(renderSummary(summary).split('\n').slice(1, 3)).toEqual([
    '  towards it 5 bytes, at most 19.9 Mbit/s, 15.0 Mbit/s on average, limit 20.0 Mbit/s (7 packets dropped)',
    '  away from it 6 bytes, at most 2.0 Mbit/s, 1.0 Mbit/s on average, no limit',
  ])
  const cvmfs = { repositories: ['a.b', 'c.d'], way: 'Parrot', proxy: 'http://10.1.2.3:3128' }
  expect(renderSummary(summary)).not.toContain('cvmfs')
  expect(renderSummary({ ...summary, cvmfs })).toContain(
    '  /cvmfs/a.b, /cvmfs/c.d by "Parrot", proxy http://10.1.2.3:3128\n',
  )
})
