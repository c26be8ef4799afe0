import type { FileState, Machine } from '../apply/machine.ts'
import { createIdentity, enrol, type Secrets } from '../client/enrol.ts'
import { wayTo } from '../client/join/enrolment.ts'
import { describeMachine } from '../client/join/facts.ts'
import { observeFacts } from '../client/join/observe-facts.ts'
import type { NodeAnswer } from '../client/join/reach.ts'
import { type JoinSettings, readSettings } from '../client/join/settings.ts'
import { type Client, openClient } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { bareHost } from '../net/network.ts'

interface Asked {
  machine: Machine
  configDir: string
  servers: readonly string[]
  token: string | undefined
  tokenFile: string | undefined
  log: Log
}

export interface Joining {
  machine: Machine
  settings: JoinSettings
  site: string | undefined
  version: string
  platform: string
  log: Log
}

/** By what a job reaches its hub. */
export interface Connected {
  rung: string
  mtu?: number
}

/** One job's identity. It is in the memory of this process, and in the outer namespaces. */
export interface JobIdentity {
  answer: NodeAnswer
  secrets: Secrets
  proxy: string | undefined
  /** The server hears what came of it. */
  report(held: Connected, totalMs: number, signal: AbortSignal): Promise<void>
  /** Frees the slot; a server that does not hear it collects it later. */
  leave(): Promise<void>
}

export async function joinAsJob(joining: Joining, signal: AbortSignal): Promise<JobIdentity> {
  const { machine, settings, log } = joining
  const way = wayTo(settings, undefined)
  const secrets = await createIdentity()
  const client = openClient({ ...way, warn: log.warn })
  try {
    const about = describeMachine(await observeFacts(machine, bareHost))
    const { version, platform } = joining
    const who = { kind: 'job', ...about, sshHostKeys: [], secrets, version, platform } as const
    const { answer, pins } = await enrol(client, { ...who, token: settings.token, signal })
    const { node } = answer
    if (node === undefined) throw new Error('an answer to a job without a node was taken')
    const whole = { ...answer, node }
    const credential = { certificate: answer.certificate, key: secrets.key }
    const open = () => openClient({ ...way, pins, credential, warn: log.warn })
    const identity = identityOf({ answer: whole, secrets, proxy: way.proxy }, open, joining)
    await refuseOtherSite(identity, joining.site)
    return identity
  } finally {
    client.close()
  }
}

/** Where there is a server, and a token. */
export async function settingsOf({ machine, log, ...flags }: Asked): Promise<JoinSettings> {
  const joinFile = `${flags.configDir}/join.yaml`
  const readFile: Machine['readFile'] = async (path) => {
    try {
      const file = await machine.readFile(path)
      if (path !== joinFile && isOpenToOthers(file))
        log.warn(`others on this machine may read the token in "${path}"; "chmod 600" closes it`)
      return file
    } catch (error) {
      // One that only root may read is not for this user.
      if (path === joinFile) return undefined
      throw error
    }
  }
  const settings = await readSettings({ ...machine, readFile }, flags)
  if (settings.token !== undefined) return settings
  if (settings.tokenFault !== undefined) throw settings.tokenFault
  throw new DynfarmError('not-settled', 'no token for the job', {
    hint: '--token-file FILE names one; "dynfarm token create --role job" makes it',
  })
}

function isOpenToOthers(file: FileState | undefined): boolean {
  return file !== undefined && (file.mode & 0o004) !== 0
}

function identityOf(
  who: Pick<JobIdentity, 'answer' | 'secrets' | 'proxy'>,
  open: () => Client,
  { version, log }: Joining,
): JobIdentity {
  const { position } = who.answer
  const ask = async (act: (client: Client) => Promise<unknown>) => {
    const client = open()
    try {
      await act(client)
    } catch (error) {
      if (!(error instanceof DynfarmError)) throw error
      log.debug(`the server was not told: ${error.message}`)
    } finally {
      client.close()
    }
  }
  return {
    ...who,
    report: ({ rung, mtu }, totalMs, signal) =>
      ask((client) => {
        const timings = { total: Math.round(totalMs) }
        const size = mtu === undefined ? {} : { mtu }
        const body = { state: 'ready' as const, version, position, rung, ...size, timings }
        return client.request('report', { body, signal })
      }),
    leave: () => ask((client) => client.request('leave', { timeoutMs: LEAVING_MS })),
  }
}

const LEAVING_MS = 5000

async function refuseOtherSite(identity: JobIdentity, asked: string | undefined): Promise<void> {
  const { site } = identity.answer.node
  if (asked === undefined || asked === site) return
  await identity.leave()
  throw new DynfarmError('no-such-site', `the token is for site "${site}", not for "${asked}"`, {
    hint: `take a token of that site, or leave out "--site"`,
  })
}
