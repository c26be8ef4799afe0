import { expect, test } from 'vitest'
import { createIdentity, enrol } from '../../../src/client/enrol.ts'
import { type Credential, openClient } from '../../../src/client/requests.ts'
import { giveToken, sshKey } from '../machines.ts'
import type { TestServer } from '../test-server.ts'
import { start } from './start.ts'

function clientOf({ join, server }: TestServer, credential?: Credential) {
  return openClient({ urls: [`https://${join}`], pins: [server.keys.pin], credential })
}

const machine = {
  kind: 'machine',
  version: '0.1.0',
  platform: 'linux-x64',
  facts: { hostname: 'vm-1' },
  identity: { machineId: 'm1' },
  sshHostKeys: [sshKey()],
} as const

test("the project's own client joins, comes back, and makes new keys as a copy", async () => {
  const { server } = await start({
    sites: {
      aruba: {
        site: 'aruba',
        nodes: '10.200.1.0/24',
        tunnels: ['wg', 'udp'],
        services: ['ce'],
        clones: 'new',
      },
    },
  })
  const token = await giveToken(server)
  const secrets = await createIdentity()
  const first = await enrol(clientOf(server), { ...machine, secrets, token })
  expect(first.answer.node).toMatchObject({ name: 'aruba-1' })
  const credential = { certificate: first.answer.certificate, key: secrets.key }
  const known = { centre: first.centre, releaseKey: first.releaseKey }
  const client = clientOf(server, credential)
  const again = await enrol(client, { ...machine, secrets, known })
  expect(again.answer.node).toEqual(first.answer.node)

  const copy = { ...machine, identity: { machineId: 'm2' }, known }
  await expect(enrol(client, { ...copy, secrets })).rejects.toMatchObject({ code: 'keys-copied' })
  const other = await enrol(client, { ...copy, secrets: await createIdentity() })
  expect(other.answer.node).toMatchObject({ name: 'aruba-2' })
})
