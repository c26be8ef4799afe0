import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { isKeyOf, isPrivateKey } from '../../pki/own-key.ts'
import { createWireguardPair, wireguardPairOf } from '../../pki/wireguard-key.ts'
import { machineSecrets } from '../../protocol/schema/kept.ts'
import type { Secrets } from '../enrol.ts'
import { fileUnlessRefused } from '../reading.ts'
import { look } from '../stored.ts'
import { type Kept, type NodePaths, planIdentity, type SecretFile } from './state.ts'

export interface FoundSecrets {
  /** undefined where no file has a private key. */
  secrets: Secrets | undefined
  /** Whether the key is that of the certificate; true where there is none yet. */
  isOwn: boolean
  /** What brings the files to say so, where one of them is damaged or gone. */
  mending: SecretFile[]
}

type SecretPaths = Pick<NodePaths, 'identity' | 'key' | 'wireguard'>

/** Each key lies in two files: one of the two will do. WireGuard's is made anew where both are gone, and the server told. */
export async function findSecrets(
  machine: Machine,
  paths: SecretPaths,
  certificate: string | undefined,
): Promise<FoundSecrets> {
  const stored = (await look(machine, paths.identity, machineSecrets)).value as Secrets | undefined
  const { key, wireguard = createWireguardPair() } = await findKeys(machine, paths, {
    stored,
    certificate,
  })
  if (key === undefined)
    return { secrets: undefined, isOwn: certificate === undefined, mending: [] }
  const isOwn = certificate === undefined || isKeyOf(key, certificate)
  const secrets = { key, wireguard }
  const mending = await planMending(machine, planIdentity(paths, secrets))
  return { secrets, isOwn, mending }
}

/** Whichever of them there are, of the one file that has both or of the two that programs read. */
export async function findKeys(
  machine: Machine,
  paths: Pick<SecretPaths, 'key' | 'wireguard'>,
  known: { stored: Secrets | undefined; certificate: string | undefined },
): Promise<Partial<Secrets>> {
  const { stored, certificate } = known
  const [key, wireguard] = await Promise.all([
    textOf(machine, paths.key),
    textOf(machine, paths.wireguard),
  ])
  const chosen = chooseKey([stored?.key, key], certificate)
  const pair = wireguardPairOf(stored?.wireguard.private) ?? wireguardPairOf(wireguard)
  return {
    ...(chosen !== undefined && { key: chosen }),
    ...(pair !== undefined && { wireguard: pair }),
  }
}

/** Of files with secrets, those that are not as they should be. */
export async function planMending(
  machine: Machine,
  files: readonly SecretFile[],
): Promise<SecretFile[]> {
  const differ = await Promise.all(
    files.map(async (file) => (await textOf(machine, file.path)) !== file.content.secret),
  )
  return files.filter((_, at) => differ[at])
}

/** Any that can be read, where none is the certificate's. */
function chooseKey(
  candidates: readonly (string | undefined)[],
  certificate: string | undefined,
): string | undefined {
  const keys = candidates.flatMap((key) => (key !== undefined && isPrivateKey(key) ? [key] : []))
  const own = keys.find((key) => certificate !== undefined && isKeyOf(key, certificate))
  return own ?? keys[0]
}

async function textOf(machine: Machine, path: string): Promise<string | undefined> {
  const file = await fileUnlessRefused(machine, path)
  return file && Buffer.from(file.content).toString()
}

export function keyLost({ identity, key }: SecretPaths, { answer }: Kept): DynfarmError {
  const name = answer.node?.name ?? answer.host?.name ?? ''
  const message = `the private key of "${name}" is gone: neither "${identity}" nor "${key}" has that of its certificate`
  const hint =
    `join with a new token (--token-file FILE), as another node, and have "${name}" ended at the centre: ` +
    `"dynfarm node revoke ${name}", then "dynfarm node forget ${name}"`
  return new DynfarmError('state-damaged', message, { hint })
}
