import { randomBytes } from 'node:crypto'
import { createIdentity, enrol } from '../../src/client/enrol.ts'
import type { Enrolment } from '../../src/client/enrol-check.ts'
import { type Client, type Credential, openClient } from '../../src/client/requests.ts'

/** Where a server is, and how it is known. */
export interface There {
  readonly url: string
  readonly pin: string
}

export interface Joined extends Enrolment {
  readonly credential: Credential
}

/** A new machine, or a hub, joins by the project's own client on a connection of its own. */
export async function joinBy(token: string, { url, pin }: There): Promise<Joined> {
  const secrets = await createIdentity()
  const client = openClient({ urls: [url], pins: [pin] })
  try {
    const identity = { machineId: randomBytes(16).toString('hex') }
    const enrolment = await enrol(client, { ...machine, identity, secrets, token })
    const { certificate } = enrolment.answer
    return { ...enrolment, credential: { certificate, key: secrets.key } }
  } finally {
    client.close()
  }
}

const machine = {
  kind: 'machine',
  version: '0.1.0',
  platform: 'linux-x64',
  facts: { hostname: 'vm-1' },
  sshHostKeys: [],
} as const

/** The hub without which no machine can join, and a token for the machines of a site. */
export async function openSite(
  root: Client,
  there: There,
  site: string,
): Promise<{ token: string; hub: Credential }> {
  const { credential } = await joinBy(await makeToken(root, { role: 'hub', name: 'hub1' }), there)
  const token = await makeToken(root, { role: 'node', site, uses: 100_000 })
  return { token, hub: credential }
}

type Asked = { role: 'hub'; name: string } | { role: 'node'; site: string; uses: number }

async function makeToken(root: Client, asked: Asked): Promise<string> {
  const body = { uses: 1, ttl: 24 * 3600 * 1000, ...asked }
  return (await root.request('tokenCreate', { body })).token
}
