import { DynfarmError, type ErrorCode } from '../../errors.ts'
import { createIdentity, enrol, type Joining, type Secrets } from '../enrol.ts'
import type { Enrolment } from '../enrol-check.ts'
import { type Credential, openClient } from '../requests.ts'
import { fetchEc2Proof } from './metadata.ts'
import type { JoinSettings } from './settings.ts'
import type { Kept } from './state.ts'

export interface Asking extends Omit<Joining, 'kind' | 'token' | 'known'> {
  settings: JoinSettings
  kept: Kept | undefined
  /** Whether it has the certificate of an earlier join, and the key to it. */
  canShow: boolean
  warn(message: string): void
  info(message: string): void
}

/** Where to ask, and by what the server is known. */
export interface Way {
  urls: readonly string[]
  pins: readonly string[]
  proxy: string | undefined
}

/** By the identity of an earlier join, or by a token. */
export async function askToJoin(asking: Asking): Promise<Enrolled> {
  const { kept, canShow, settings, secrets } = asking
  const shown =
    kept === undefined || !canShow
      ? { credential: undefined, token: settings.token }
      : { credential: credentialOf(asking) }
  return { secrets, enrolment: await ask({ ...asking, ...shown }) }
}

/** With keys of its own: what was kept here is another machine's, whatever comes of this. */
export async function askAsCopy(asking: Asking): Promise<Enrolled> {
  const secrets = await createIdentity()
  const credential = credentialOf(asking)
  return { secrets, enrolment: await ask({ ...asking, credential, secrets }) }
}

function credentialOf({ kept, secrets }: Asking): Credential | undefined {
  return kept && { certificate: kept.answer.certificate, key: secrets.key }
}

export interface Enrolled {
  /** Others than before where this machine was found to be a copy. */
  secrets: Secrets
  enrolment: Enrolment
}

export function wayTo(settings: JoinSettings, kept: Kept | undefined): Way {
  if (kept === undefined && settings.tokenFault !== undefined) throw settings.tokenFault
  const urls = settings.servers.length > 0 ? settings.servers : (kept?.servers ?? [])
  const pins = kept?.pins ?? (settings.pin === undefined ? [] : [settings.pin])
  if (urls.length === 0)
    throw notSettled('no server to ask', '--server URL, or "servers" in join.yaml, names one')
  if (pins.length === 0) {
    const { noTokenIn } = settings
    const hint =
      noTokenIn === undefined
        ? 'a token has it, or "pin" in join.yaml'
        : `a token has it, and there is none in "${noTokenIn}", the "token-file" of join.yaml`
    throw notSettled('nothing to know the server by', hint)
  }
  return { urls, pins, proxy: settings.proxy ?? kept?.proxy }
}

function notSettled(message: string, hint: string): DynfarmError {
  return new DynfarmError('not-settled', message, { hint })
}

interface OneAsking extends Asking {
  credential?: Credential | undefined
  token?: string | undefined
}

/** The cloud's word for this machine goes to a server that asks for it, and to no other. */
async function ask(asking: OneAsking): Promise<Enrolment> {
  try {
    return await askOnce(asking)
  } catch (error) {
    if (!hasCode(error, 'identity-refused')) throw error
    const { identity, signal, info } = asking
    const proved = await fetchEc2Proof({ signal })
    info(`the site asks for the identity document of this EC2 instance, "${proved.instanceId}"`)
    return await askOnce({ ...asking, identity: { ...identity, ...proved } })
  }
}

async function askOnce(asking: OneAsking): Promise<Enrolment> {
  const { settings, kept, canShow: _, warn, info: __, credential, ...joining } = asking
  const client = openClient({ ...wayTo(settings, kept), credential, warn })
  try {
    return await enrol(client, {
      ...joining,
      kind: 'machine',
      known: kept && { centre: kept.centre, releaseKey: kept.releaseKey },
    })
  } finally {
    client.close()
  }
}

export function hasCode(error: unknown, ...codes: ErrorCode[]): error is DynfarmError {
  return error instanceof DynfarmError && codes.includes(error.code)
}
