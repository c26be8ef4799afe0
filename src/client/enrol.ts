import { createCsr, createKey } from '../pki/csr.ts'
import { createWireguardPair, type WireguardPair } from '../pki/wireguard-key.ts'
import type { RequestOf } from '../protocol/endpoints.ts'
import { checkJoinAnswer, type Enrolment, type Known } from './enrol-check.ts'
import type { Client } from './requests.ts'

/** The secrets of a machine, which never leave it. */
export interface Secrets {
  /** PEM (PKCS #8): for the certificate. */
  key: string
  wireguard: WireguardPair
}

export async function createIdentity(): Promise<Secrets> {
  return { key: await createKey(), wireguard: createWireguardPair() }
}

type JoinRequest = RequestOf<'join'>

export interface Joining
  extends Pick<JoinRequest, 'kind' | 'version' | 'platform' | 'facts' | 'identity'> {
  secrets: Secrets
  sshHostKeys: readonly string[]
  /** Where there is none, the client's certificate says who comes back, or the machine asks to be let in. */
  token?: string | undefined
  /** What an earlier join left. */
  known?: Known | undefined
  signal?: AbortSignal | undefined
}

export function joinRequestOf(joining: Joining): JoinRequest {
  const { kind, version, platform, facts, identity, secrets, sshHostKeys, token } = joining
  const keys = {
    csr: createCsr(secrets.key).toString('base64'),
    wireguard: secrets.wireguard.public,
    sshHostKeys: [...sshHostKeys],
  }
  return {
    ...(token !== undefined && { token }),
    ...{ kind, version, platform, facts, identity, keys },
  }
}

/** Asks to join, and gives what the machine may rely on from now. */
export async function enrol(client: Client, joining: Joining): Promise<Enrolment> {
  const { kind, secrets, known, signal } = joining
  const answer = await client.request('join', { body: joinRequestOf(joining), signal })
  return checkJoinAnswer(answer, { kind, key: secrets.key, known })
}
