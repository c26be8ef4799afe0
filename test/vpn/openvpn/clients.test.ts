import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../../src/apply/run.ts'
import type { Argv, CommandStep } from '../../../src/plan/step.ts'
import {
  clientsReadings,
  parseClients,
  planClients,
  renderClient,
} from '../../../src/vpn/openvpn/clients.ts'
import { testFolder } from '../../fakes/folder.ts'

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
  expect(adding).toMatchObject([
    {
      reason: 'let certificates in',
      input: `${certificate('b')}\tifconfig-push 10.200.1.2 255.255.255.255\\n
${certificate('d')}\tifconfig-push 10.200.1.4 255.255.255.255\\n
`,
    },
  ])
  expect(removing).toMatchObject([
    { reason: 'let certificates in no more', input: `${certificate('c')}\nDEFAULT\n` },
  ])
})

test('the commands do that, and their undo puts all back', async () => {
  const real = testFolder()
  const before = {
    [certificate('a')]: 'old\n',
    [certificate('b')]: '',
    'odd name': 'back\\slash\n',
  }
  for (const [name, content] of Object.entries(before)) writeFileSync(join(real, name), content)
  const observed = new Map(Object.entries(before))
  const wanted = [client('b', '10.200.1.2', 'fd5a::2'), client('d', '10.200.1.4')]
  const { adding, removing } = planClients(real, wanted, observed)
  const steps = [...adding, ...removing]
  for (const { argv, input } of steps) await run(argv, input)
  expect(contents(real)).toEqual({
    [certificate('b')]: renderClient(client('b', '10.200.1.2', 'fd5a::2')),
    [certificate('d')]: renderClient(client('d', '10.200.1.4')),
  })
  for (const { undo = [] } of steps.toReversed())
    for (const { argv, input } of undo) await run(argv, input)
  expect(contents(real)).toEqual(before)
})

async function run(argv: Argv, input: CommandStep['input']): Promise<void> {
  const { code, stderr } = await runCommand({ argv, input: String(input) })
  expect(`${code} ${stderr}`).toBe('0 ')
}

function contents(real: string): Record<string, string> {
  const names = readdirSync(real)
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(real, name), 'utf8')]))
}

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
  expect(planClients(folder, wanted, new Map()).adding).toHaveLength(1)
  const observed = new Map(wanted.map((one) => [one.certificate, renderClient(one)]))
  expect(planClients(folder, wanted, observed)).toEqual({ adding: [], removing: [] })
})
