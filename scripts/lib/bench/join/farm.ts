import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, openClient } from '../../../../src/client/requests.ts'
import type { AnswerOf } from '../../../../src/protocol/endpoints.ts'
import { joinBy, openSite } from '../../../../test/server/joiner.ts'
import type { Centre } from './centre.ts'
import { type Serving, startServing } from './server.ts'

/** A server of the centre with nothing in its store but a hub and a token for any number of machines. */
export interface Farm {
  readonly serving: Serving
  readonly root: Client
  readonly hub: Client
  readonly token: string
  readonly pin: string
  /** By which commands find it. */
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
    const there = { url: serving.url, pin: centre.pin }
    const { token, hub: credential } = await openSite(root, there, 'big')
    const hub = openClient({ urls: [serving.url], pins: [centre.pin], credential })
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
  return (await joinBy(token, { url: serving.url, pin })).answer
}
