import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSigner } from '../../pki/ec2-signer.ts'
import { type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import { type Centre, fixture, giveToken, startCentre } from './centre.ts'

/** A site that takes instances of EC2 alone. No EC2 is within reach: a stand-in answers at its metadata service's address. */
const account = '123456789012'
const region = 'eu-west-1'
const signer = makeSigner()
let centre: Centre
let machine: LabHost
let standing: HostProcess | undefined

beforeAll(async () => {
  const ec2 = { accounts: [account], regions: [region], certificate: 'files/ec2.pem' }
  centre = await startCentre({
    files: { 'files/ec2.pem': signer.certificate },
    site: { tunnels: ['udp'], identity: { ec2 } },
  })
  machine = centre.lab.host('aruba-a')
  await machine.must(['ip', 'address', 'add', '169.254.169.254/32', 'dev', 'lo'])
})

afterAll(async () => {
  await centre?.stop()
})

async function standIn(given: object): Promise<void> {
  if (standing !== undefined) {
    killGroup(standing.pid)
    await standing
  }
  const server = machine.spawn([process.execPath, fixture('metadata.ts'), JSON.stringify(given)])
  standing = server
  await new Promise((ready) => server.stdout?.once('data', ready))
}

function documentOf(instanceId: string, over: object = {}) {
  const pendingTime = new Date(Date.now() - 60_000).toISOString()
  const text = { accountId: account, region, instanceId, pendingTime, ...over }
  return signer.sign(JSON.stringify(text, null, 2))
}

async function join() {
  const { code, stdout, stderr } = await centre.dynfarm('aruba-a', ['join', '--json'])
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return code === 0 ? JSON.parse(stdout) : { code, ...JSON.parse(last).error }
}

test('without a metadata service a machine is told what is asked of it', async () => {
  await giveToken(centre, machine)
  expect(await join()).toMatchObject({
    ...{ code: 'metadata-silent', exit: 75 },
    message: 'the metadata service at 169.254.169.254 cannot be asked: refused',
    hint: expect.stringContaining('a machine elsewhere cannot join this site'),
  })
  await standIn({ ...documentOf('i-1'), status: 403 })
  expect(await join()).toMatchObject({
    ...{ code: 'metadata-refused', exit: 77 },
    message: expect.stringContaining('answers 403 to "/latest/api/token"'),
  })
})

test('what the server does not believe is refused by its reason', async () => {
  await standIn(documentOf('i-1', { accountId: '999999999999' }))
  expect(await join()).toMatchObject({
    code: 'identity-refused',
    message: expect.stringContaining('of an account that the site does not take'),
  })
  const { document } = documentOf('i-1')
  await standIn({ document, signature: documentOf('i-2').signature })
  expect(await join()).toMatchObject({
    code: 'identity-refused',
    message: expect.stringContaining('not signed by what the site trusts'),
  })
})

test('an instance joins without a setting of its own, and comes back by its certificate alone', async () => {
  await standIn(documentOf('i-0abc'))
  expect(await join()).toMatchObject({ state: 'ready', name: 'aruba-1' })
  const shown = await centre.json('server', ['node', 'show', 'aruba-1'])
  expect(shown).toMatchObject({ identity: { instanceId: 'i-0abc' }, isProved: true })
  if (standing !== undefined) killGroup(standing.pid)
  expect(await join()).toMatchObject({ state: 'ready', changed: false })
})
