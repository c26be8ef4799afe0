import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createIdentity, enrol } from '../../../../src/client/enrol.ts'
import { type Client, type Credential, openClient } from '../../../../src/client/requests.ts'
import type { AnswerOf } from '../../../../src/protocol/endpoints.ts'
import type { Centre } from './centre.ts'
import { type Serving, startServing } from './server.ts'

/** A server of the centre with nothing in its store but a hub and a token for any number of machines. */
export interface Farm {
  readonly serving: Serving
  readonly root: Client
  readonly hub: Client
  readonly token: string
  readonly pin: string
  readonly env: Readonly<Record<string, string>>
}

interface Wanted {
  readonly dynfarm: string
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
}

export async function startFarm(centre: Centre, { dynfarm, folder, env }: Wanted): Promise<Farm> {
  const state = mkdtempSync(join(folder, 'state-'))
  const own = {
    DYNFARM_CONFIG: centre.configDir,
    DYNFARM_STATE: state,
    DYNFARM_RUN: join(state, 'run'),
  }
  const serving = await startServing({ argv: [dynfarm, 'serve'], env: { ...own, ...env } })
  try {
    const root = openClient({ socketPath: join(own.DYNFARM_RUN, 'admin.sock') })
    const there = { urls: [serving.url], pins: [centre.pin] }
    const hub = openClient({ ...there, credential: await joinHub(root, openClient(there)) })
    const ask = { role: 'node', site: 'big', uses: 100_000, ttl: 24 * 3600 * 1000 } as const
    const { token } = await root.request('tokenCreate', { body: ask })
    return { serving, root, hub, token, pin: centre.pin, env: own }
  } catch (error) {
    await serving.end()
    throw error
  }
}

export async function endFarm({ serving, root, hub }: Farm): Promise<void> {
  root.close()
  hub.close()
  await serving.end()
}

/** One machine, and all that it is told. */
export async function joinOne({ serving, pin, token }: Farm): Promise<AnswerOf<'join'>> {
  const client = openClient({ urls: [serving.url], pins: [pin] })
  const { answer } = await enrol(client, { ...machine, secrets: await createIdentity(), token })
  client.close()
  return answer
}

async function joinHub(root: Client, client: Client): Promise<Credential> {
  const ask = { role: 'hub', name: 'hub1', uses: 1, ttl: 3600 * 1000 } as const
  const { token } = await root.request('tokenCreate', { body: ask })
  const secrets = await createIdentity()
  const { answer } = await enrol(client, { ...machine, secrets, token })
  return { certificate: answer.certificate, key: secrets.key }
}

const machine = {
  kind: 'machine',
  version: '0.1.0',
  platform: 'linux-x64',
  facts: { hostname: 'bench' },
  identity: {},
  sshHostKeys: [],
} as const
