import { mkdirSync, writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { makeSigner } from '../../pki/ec2-signer.ts'
import { giveToken, join, makeMachine, tryJoin } from '../machines.ts'
import { start } from './start.ts'

const site = {
  site: 'cloud',
  nodes: '10.200.1.0/24',
  jobs: '10.200.64.0/20',
  tunnels: ['wg'],
  services: [],
  match: { source: ['127.0.0.0/8'] },
}

async function started() {
  const all = await start({ sites: { cloud: site } })
  const signer = makeSigner()
  const { configDir, server } = all.server
  mkdirSync(joinPath(configDir, 'files'))
  writeFileSync(joinPath(configDir, 'files/ec2.pem'), signer.certificate)
  const asking = async (over: object = {}) => {
    const ec2 = { accounts: ['123456789012'], regions: ['eu-west-1'], certificate: 'files/ec2.pem' }
    const text = stringify({ ...site, identity: { ec2 }, ...over })
    writeFileSync(joinPath(configDir, 'sites/cloud.yaml'), text)
    await server.reload()
  }
  await asking()
  const token = await giveToken(all.server, { site: 'cloud' })
  const document = (instanceId: string, change: object = {}) =>
    signer.sign(
      JSON.stringify({
        accountId: '123456789012',
        region: 'eu-west-1',
        instanceId,
        pendingTime: new Date(all.clock.now - 60_000).toISOString(),
        ...change,
      }),
    )
  const machine = (instanceId: string, proof?: ReturnType<typeof document>) =>
    makeMachine({
      identity: { instanceId, ...(proof && { proof: { kind: 'ec2', ...proof } }) },
    })
  return { ...all, token, document, machine, asking }
}

test('a proof is asked for where the site says so, counts once, and is not asked for again', async () => {
  const { server, clock, token, document, machine } = await started()
  const refused = async (one: Awaited<ReturnType<typeof machine>>) =>
    (await tryJoin(server, one, { token })).body
  expect(await refused(await machine('i-1'))).toMatchObject({ code: 'identity-refused' })
  const proof = document('i-1')
  const first = await machine('i-1', proof)
  const { answer, machine: settled } = await join(server, first, { token })
  expect(await refused(await machine('i-1', proof))).toMatchObject({
    code: 'identity-refused',
    detail: 'this identity document was used before',
  })
  expect(await refused(await machine('i-2', document('i-3')))).toMatchObject({
    detail: 'the identity document is of another instance',
  })
  clock.now += 9 * 60_000
  expect((await join(server, first, { token })).answer.node).toEqual(answer.node)
  clock.now += 5 * 60_000
  expect((await join(server, settled)).answer.node).toEqual(answer.node)
  const node = await server.server.store.read(({ nodes }) => nodes.byId(answer.node.id))
  expect(node?.machine).toMatchObject({ instanceId: 'i-1', isProved: true })
  const left = await server.server.store.read(({ tokens }) => tokens.byId(token.slice(3, 14)))
  expect(left?.used).toBe(1)
})

test('what nobody signed for is a claim', async () => {
  const { server, token, document, machine, asking } = await started()
  await asking({ identity: {} })
  const { answer } = await join(server, await machine('i-1', document('i-1')), { token })
  const node = await server.server.store.read(({ nodes }) => nodes.byId(answer.node.id))
  expect(node?.machine).toMatchObject({ instanceId: 'i-1', isProved: false })
})

test('jobs are not asked: many run on one machine', async () => {
  const { server } = await started()
  const token = await giveToken(server, { site: 'cloud', role: 'job' })
  const { answer } = await join(server, await makeMachine({ kind: 'job' }), { token })
  expect(answer.node.name).toBe('cloud-job-1')
})

test('a machine that waits has proved itself before it waits', async () => {
  const { server, document, machine, asking } = await started()
  await asking({ enrol: 'source' })
  expect((await tryJoin(server, await machine('i-1'))).body).toMatchObject({
    code: 'identity-refused',
  })
  const waits = await machine('i-1', document('i-1'))
  for (let n = 0; n < 2; n++)
    expect((await tryJoin(server, waits)).body).toMatchObject({ code: 'node-pending' })
  const [node] = await server.server.store.read(({ nodes }) => nodes.list())
  expect(node?.machine).toMatchObject({ isProved: true })
})
