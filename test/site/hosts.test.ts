import { describe, expect, test } from 'vitest'
import { type HostsWanted, planHosts } from '../../src/site/hosts.ts'
import { fileOf, written } from './support/text.ts'

const wanted: HostsWanted = {
  node: {
    name: 'aruba-1',
    fqdn: 'aruba-1.farm.example.org',
    addresses: ['10.200.1.1', 'fd5a::1:1'],
  },
  hosts: [
    { address: '10.200.1.1', names: ['aruba-1.farm.example.org', 'aruba-1'] },
    { address: 'fd5a::1:1', names: ['aruba-1.farm.example.org', 'aruba-1'] },
    { address: '192.0.2.22', names: ['ce01.example.org'] },
  ],
}

const block = `# begin: lines of dynfarm #dynfarm#
10.200.1.1 aruba-1.farm.example.org aruba-1 #dynfarm#
fd5a::1:1 aruba-1.farm.example.org aruba-1 #dynfarm#
192.0.2.22 ce01.example.org #dynfarm#
# end #dynfarm#
`

function plan(text: string): string {
  return written(planHosts(wanted, fileOf(text))) ?? text
}

function leave(text: string): string {
  return written(planHosts(undefined, fileOf(text))) ?? text
}

describe('the hosts block', () => {
  test.each<[string, string, string]>([
    ['nothing of the name', '127.0.0.1 localhost\n', `${block}127.0.0.1 localhost\n`],
    [
      "Debian's line",
      '127.0.0.1\tlocalhost\n127.0.1.1\taruba-1.farm.example.org aruba-1\n',
      `${block}127.0.0.1\tlocalhost\n#dynfarm# 127.0.1.1\taruba-1.farm.example.org aruba-1\n`,
    ],
    [
      'the name beside localhost, which keeps its address',
      '127.0.0.1 localhost ARUBA-1 # as made\n',
      `${block.replace('# end', '127.0.0.1 localhost #dynfarm#\n# end')}#dynfarm# 127.0.0.1 localhost ARUBA-1 # as made\n`,
    ],
    ['::1', '::1 aruba-1\n', `${block}#dynfarm# ::1 aruba-1\n`],
    ['the address of yesterday', '10.9.9.9 aruba-1', `${block}#dynfarm# 10.9.9.9 aruba-1`],
    ['the right address already', '10.200.1.1 aruba-1\n', `${block}10.200.1.1 aruba-1\n`],
    ['the same in another spelling', 'FD5A:0::1:1 aruba-1\n', `${block}FD5A:0::1:1 aruba-1\n`],
    ['a comment', '#127.0.1.1 aruba-1\n', `${block}#127.0.1.1 aruba-1\n`],
    ['a longer name', '127.0.1.1 aruba-10 aruba-1x\n', `${block}127.0.1.1 aruba-10 aruba-1x\n`],
    ['CRLF', '127.0.1.1 aruba-1\r\n', `${block}#dynfarm# 127.0.1.1 aruba-1\r\n`],
  ])('%s', (_, before, after) => {
    expect(plan(before)).toBe(after)
    expect(planHosts(wanted, fileOf(after))).toEqual([])
    expect(leave(after)).toBe(before)
  })

  test('a line that cloud-init adds at every boot is set aside once', () => {
    const line = '127.0.1.1 aruba-1.farm.example.org aruba-1\n'
    const first = plan(line)
    expect(plan(first + line)).toBe(first)
  })

  test('another name for the node gives back what the former one had set aside', () => {
    const renamed: HostsWanted = { ...wanted, node: { ...wanted.node, name: 'b-1', fqdn: 'b-1.x' } }
    const steps = planHosts(renamed, fileOf(plan('127.0.1.1 aruba-1\n127.0.1.1 b-1\n')))
    expect(written(steps)).toBe(`${block}127.0.1.1 aruba-1\n#dynfarm# 127.0.1.1 b-1\n`)
  })

  test('a file that is not there is made, and goes when nothing else came into it', () => {
    const steps = planHosts(wanted, undefined)
    expect(steps).toMatchObject([{ path: '/etc/hosts', mode: 0o644 }])
    const made = written(steps) ?? ''
    expect(planHosts(wanted, fileOf(made))).toEqual([])
    expect(written(planHosts(undefined, fileOf(made)))).toBe(null)
    expect(leave(`${made}10.1.1.1 a\n`)).toBe('10.1.1.1 a\n')
  })

  test("the node's address in another spelling is its own", () => {
    const node = { ...wanted.node, addresses: ['FD5A:0::1:1'] }
    const text = written(planHosts({ ...wanted, node }, fileOf('fd5a::1:1 aruba-1\n')))
    expect(text).toBe(`${block}fd5a::1:1 aruba-1\n`)
  })

  test('nothing wanted and nothing there is nothing to do', () => {
    expect(planHosts(undefined, undefined)).toEqual([])
    expect(planHosts(undefined, fileOf('127.0.1.1 aruba-1\n'))).toEqual([])
    expect(planHosts(undefined, fileOf(''))).toEqual([])
  })
})
