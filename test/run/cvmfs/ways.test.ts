import { describe, expect, test } from 'vitest'
import type { NodeAnswer } from '../../../src/client/join/reach.ts'
import { chooseWay, refuseWithout } from '../../../src/run/cvmfs/choose.ts'
import { whyNot } from '../../../src/run/cvmfs/look.ts'
import { hasOwnProxy, proxyOf, squidOf } from '../../../src/run/cvmfs/proxy.ts'
import { overlaid, planWays, type Seen, startBy, type Way } from '../../../src/run/cvmfs/ways.ts'
import { readRepositories } from '../../../src/run/options.ts'

const all: Seen = { unmounted: undefined, cvmfsexec: '/opt/c/cvmfsexec', parrot: '/p/parrot_run' }
const none: Seen = { unmounted: 'there is none', cvmfsexec: undefined, parrot: undefined }
const proxy = 'http://10.1.2.3:3128'
const wanted = { repositories: ['a.b', 'c.d'], proxy, hasOwnProxy: false }

describe('the ways', () => {
  const programs = (ways: readonly Way[]) => ways.map(({ program }) => program.join(' '))

  test('are what is mounted, cvmfsexec, and Parrot, in this order', () => {
    const { ways, missing } = planWays(all, wanted)
    expect(programs(ways)).toEqual([
      '',
      '/opt/c/cvmfsexec a.b c.d --',
      `/p/parrot_run --proxy=${proxy} --cvmfs-repo-switching --`,
    ])
    expect(ways.map(({ environment }) => environment)).toEqual([
      ...[[], [`CVMFS_HTTP_PROXY=${proxy}`], []],
    ])
    expect(missing).toEqual([])
  })

  test('for one repository have no switching, and without a squid leave the proxy to each', () => {
    const bare = { repositories: ['a.b'], proxy: undefined, hasOwnProxy: true }
    const { ways } = planWays(all, bare)
    expect(programs(ways)).toEqual(['', '/opt/c/cvmfsexec a.b --', '/p/parrot_run --'])
    expect(ways.flatMap(({ environment }) => environment)).toEqual([])
  })

  test('have no Parrot without a proxy, and say so', () => {
    const { ways, missing } = planWays(all, { ...wanted, proxy: undefined })
    expect(ways.map(({ name }) => name)).toEqual(['mounted', 'cvmfsexec'])
    expect(missing).toEqual([expect.stringMatching(/^Parrot: it wants a proxy.*names no squid/)])
  })

  test('that are not there are told, one line each; with one of them a job is begun', () => {
    expect(() => refuseWithout(none, ['a.b'])).toThrow(
      /"\/cvmfs\/a.b"\n +mounted already: there is none\n +cvmfsexec: .*\n +Parrot: "parrot_run"/,
    )
    for (const seen of [
      { ...none, unmounted: undefined },
      { ...none, parrot: '/p' },
    ])
      expect(() => refuseWithout(seen, ['a.b'])).not.toThrow()
  })

  test('that tells of the job stands before the job, within its environment', () => {
    const way = planWays(all, wanted).ways[1] as Way
    const start = { environment: ['A=1', 'CVMFS_HTTP_PROXY='], setpriv: '/s', command: ['job'] }
    expect(startBy(way, start)).toMatchObject({
      environment: ['A=1', `CVMFS_HTTP_PROXY=${proxy}`],
      command: [...way.program, '/bin/sh', '-c', expect.any(String), 'sh', 'job'],
      tells: true,
    })
    expect(overlaid(['AB=1', 'A=2'], ['A=3'])).toEqual(['AB=1', 'A=3'])
    const preloaded = startBy(way, { ...start, environment: ['LD_PRELOAD=/lib/a.so'] })
    const without = ['env', '-u', 'LD_PRELOAD', ...way.program, 'env', 'LD_PRELOAD=/lib/a.so']
    expect(preloaded.command.slice(0, without.length)).toEqual(without)
  })
})

describe('the way taken', () => {
  const start = { environment: ['A=1'], setpriv: '/s', command: ['job'] }
  const ask = (codes: number[]) => {
    const tried: string[] = []
    const attempt = async ({ command }: { command: readonly string[] }) => {
      tried.push(command[4] ?? '')
      return { code: codes[tried.length - 1] ?? 1, said: 'x\ny\n\nz\nno such\n' }
    }
    return { tried, way: chooseWay(all, { ...wanted, start, attempt }) }
  }

  test('is the first that shows the repositories, and no later one is tried', async () => {
    const { tried, way } = ask([1, 0])
    expect((await way).name).toBe('cvmfsexec')
    expect(tried).toEqual(['sh', '/opt/c/cvmfsexec'])
  })

  test('is none where none does, each with its last words', async () => {
    const { tried, way } = ask([1, 137, 3])
    await expect(way).rejects.toThrow(
      /mounted: y; z; no such\n +cvmfsexec: nothing came in 60 s\n +Parrot: y; z; no such/,
    )
    expect(tried).toHaveLength(3)
  })

  test('that says nothing is known by its exit code', () => {
    expect(whyNot({ code: 5, said: ' \n' }, 60)).toBe('it ended with 5')
  })
})

describe('the proxy', () => {
  const beside = { hosts: [{ address: '10.1.2.3', names: ['cache', 'Squid.aruba.example'] }] }
  const answer = (of: { site?: object; services?: object[] }) =>
    ({ services: [], ...of }) as unknown as NodeAnswer
  const service = (flows: string[], names = ['squid1.example.org']) =>
    answer({
      services: [
        { name: 'ce', addresses: ['192.0.2.22'], names: ['ce01'], 'from-nodes': ['tcp/9618'] },
        { name: 'web', addresses: ['192.0.2.9', '2001:db8::9'], names, 'from-nodes': flows },
      ],
    })

  test.each([
    ['beside the machines', answer({ site: beside }), proxy],
    ['that is a service', service(['icmp', 'tcp/80', 'tcp/3128']), 'http://192.0.2.9:3128'],
    ['at a port of its own', service(['tcp/8080-8090']), 'http://192.0.2.9:8080'],
    ['of no port', service([]), 'http://192.0.2.9:3128'],
    ['that only sounds so', service(['tcp/3128'], ['squidward.example.org']), undefined],
  ])('is a squid %s', (_, of, expected) => {
    expect(squidOf(of, 'split')).toBe(expected)
  })

  test('is not one beside the machines where all goes through the tunnel', () => {
    expect(squidOf(answer({ site: beside }), 'all')).toBeUndefined()
    expect(squidOf(service(['tcp/3128']), 'all')).toBe('http://192.0.2.9:3128')
  })

  test('in IPv6 is bracketed', () => {
    const hosts = [{ address: 'fd00::3', names: ['squid'] }]
    expect(squidOf(answer({ site: { hosts } }), 'split')).toBe('http://[fd00::3]:3128')
  })

  test('is the user’s own where there is one', () => {
    const of = answer({ site: beside })
    expect(proxyOf(['CVMFS_HTTP_PROXY=http://mine:1'], of, 'split')).toBe('http://mine:1')
    expect(proxyOf(['CVMFS_HTTP_PROXY=', 'HTTP_PROXY=http://other:1'], of, 'split')).toBe(proxy)
    const has = (text: string) => hasOwnProxy([`HTTP_PROXY=${text}`])
    expect(['http://x:1', '', 'DIRECT'].map(has)).toEqual([true, false, false])
  })
})

describe('repositories', () => {
  test('are names, each once', () => {
    const names = readRepositories(['cms.cern.ch,atlas-nightlies.cern.ch', 'cms.cern.ch'])
    expect(names).toEqual(['cms.cern.ch', 'atlas-nightlies.cern.ch'])
  })

  test.each([
    ...['', 'cms', 'cms.cern.ch,', '../etc', 'a..b', 'a/b.c', '-v.x', 'a.-b', 'a.b\n', '.a.b'],
    ...['a b.c', 'a.b:c', `${'a.'.repeat(127)}b`],
  ])('"%s" is none', (text) => {
    expect(() => readRepositories([text])).toThrow('is no repository')
  })
})
