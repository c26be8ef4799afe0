import { expect, test } from 'vitest'
import { renderPlan } from '../../../src/plan/render.ts'
import {
  clientsReadings,
  parseClients,
  planClients,
  renderClient,
} from '../../../src/vpn/openvpn/clients.ts'

const folder = '/run/dynfarm/udp/clients'
const certificate = (digit: string) => `4${digit.repeat(31)}`
const client = (digit: string, ...addresses: string[]) => ({
  certificate: certificate(digit),
  addresses,
})

test('a node’s addresses, and no range', () => {
  expect(renderClient(client('a', '10.200.1.1', 'FD5A::1:0:1'))).toBe(
    'ifconfig-push 10.200.1.1 255.255.255.255\nifconfig-ipv6-push fd5a::1:0:1/128 fd5a::1:0:1\n',
  )
})

test.each([
  [[]],
  [['10.200.1.1', '10.200.1.2']],
  [['10.200.1.1/24']],
  [['10.200.1.1\niroute 0.0.0.0']],
])('%j are not the addresses of a node', (addresses) => {
  expect(() => renderClient({ certificate: certificate('a'), addresses })).toThrow()
})

test('files come, change and go; what is as it should be is left alone', () => {
  const observed = new Map([
    [certificate('a'), 'ifconfig-push 10.200.1.1 255.255.255.255\n'],
    [certificate('b'), ''],
    [certificate('c'), 'ifconfig-push 10.200.1.3 255.255.255.255\n'],
    ['DEFAULT', ''],
  ])
  const wanted = [client('a', '10.200.1.1'), client('b', '10.200.1.2'), client('d', '10.200.1.4')]
  const { adding, removing } = planClients(folder, wanted, observed)
  expect(
    renderPlan(adding),
  ).toBe(`write ${folder}/${certificate('b')} (0644, 41 bytes)  # let a certificate in
write ${folder}/${certificate('d')} (0644, 41 bytes)  # let a certificate in`)
  expect(
    renderPlan(removing),
  ).toBe(`remove ${folder}/${certificate('c')}  # let a certificate in no more
remove ${folder}/DEFAULT  # let a certificate in no more`)
  expect(adding[0]?.content).toBe('ifconfig-push 10.200.1.2 255.255.255.255\n')
})

test.each(['../../etc/passwd', 'DEFAULT', '', `4${'A'.repeat(31)}`])(
  'a file is named by the id of a certificate, never %j',
  (name) => {
    const wanted = [{ certificate: name, addresses: ['10.200.1.1'] }]
    expect(() => planClients(folder, wanted, new Map())).toThrow('not the id of a certificate')
  },
)

test('one certificate has one file', () => {
  const wanted = [client('a', '10.200.1.1'), client('a', '10.200.1.2')]
  expect(() => planClients(folder, wanted, new Map())).toThrow('twice')
})

test('what lies in the folder is read with empty files and without those being written', () => {
  const contents = [
    `${folder}/${certificate('a')}:ifconfig-push 10.200.1.1 255.255.255.255`,
    `${folder}/${certificate('a')}:ifconfig-ipv6-push fd5a::1/128 fd5a::1`,
    `${folder}/gone:since`,
    '',
  ].join('\n')
  const names = `${certificate('a')}\n${certificate('b')}\n.new-file\n`
  expect([...parseClients(folder, { names, contents })]).toEqual([
    [
      certificate('a'),
      'ifconfig-push 10.200.1.1 255.255.255.255\nifconfig-ipv6-push fd5a::1/128 fd5a::1\n',
    ],
    [certificate('b'), ''],
  ])
  expect(clientsReadings(folder).contents.argv.at(-1)).toBe(folder)
})

test('ten thousand certificates are planned, and then none', () => {
  const wanted = Array.from({ length: 10_000 }, (_, i) => ({
    certificate: `4${i.toString(16).padStart(31, '0')}`,
    addresses: [`10.200.${i >> 8}.${i & 255}`],
  }))
  expect(planClients(folder, wanted, new Map()).adding).toHaveLength(10_000)
  const observed = new Map(wanted.map((one) => [one.certificate, renderClient(one)]))
  expect(planClients(folder, wanted, observed)).toEqual({ adding: [], removing: [] })
})
