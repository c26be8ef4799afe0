import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { type Role, roles } from '../pki/authority.ts'
import { type Issuer, openAuthority } from '../pki/issue.ts'
import { parseLinkSecret } from '../pki/link-key.ts'
import type { Statement } from '../pki/statement.ts'
import { decode } from '../protocol/decode.ts'
import { rotations } from '../protocol/schema/join.ts'

/** What the server knows of keys. */
export interface Keys extends HeldKeys {
  /** What tokens carry: SHA-256 of the public key, in hexadecimal, of the authority that the certificate is from. */
  readonly pin: string
  /** All that machines may pin: that one first, and the centre's own server authority. */
  readonly pins: readonly string[]
  /** What it shows of itself at present: PEM, the whole chain. */
  readonly certificate: string
}

/** What the server holds of the centre's keys; the private half of the release key is not among them. */
export interface HeldKeys {
  readonly authorities: Readonly<Record<Role, HeldAuthority>>
  /** PEM, public. */
  readonly releaseKey: string
  /** How the release key came to be the one it is, oldest first. */
  readonly rotations: readonly Statement[]
  readonly linkSecret: Uint8Array
}

export interface HeldAuthority {
  /** PEM. */
  readonly certificate: string
  readonly issuer: Issuer
}

export async function loadKeys(configDir: string): Promise<HeldKeys> {
  const folder = join(configDir, 'keys')
  const opened = roles.map(async (role) => [role, await loadAuthority(folder, role)] as const)
  return {
    authorities: Object.fromEntries(await Promise.all(opened)) as HeldKeys['authorities'],
    releaseKey: await readKey(join(folder, 'release.pub')),
    rotations: await loadRotations(join(folder, 'rotations.json')),
    linkSecret: parseLinkSecret(await readKey(join(folder, 'links.secret'))),
  }
}

async function loadAuthority(folder: string, role: Role): Promise<HeldAuthority> {
  const certificate = await readKey(join(folder, `${role}-ca.crt`))
  const key = await readKey(join(folder, `${role}-ca.key`))
  try {
    return { certificate, issuer: await openAuthority({ role, certificate, key }) }
  } catch (error) {
    if (error instanceof DynfarmError) throw error
    const what = `the certificate or the key of the ${role} authority in "${folder}" is damaged`
    throw new DynfarmError('keys-unreadable', what, {
      hint: 'restore it from a backup of keys/',
      cause: error,
    })
  }
}

/** A centre whose release key is still its first one has no such file. */
async function loadRotations(path: string): Promise<readonly Statement[]> {
  try {
    const decoded = decode(rotations, JSON.parse(await readFile(path, 'utf8')))
    if ('value' in decoded) return decoded.value as Statement[]
    throw new Error(`"${decoded.fault.path}" ${decoded.fault.what}`)
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    if (cause.code === 'ENOENT') return []
    throw unreadable(path, cause)
  }
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException)
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): DynfarmError {
  if (cause.code === 'ENOENT')
    return new DynfarmError('config-missing', `there is no "${path}"`, {
      hint: '"dynfarm init" makes the keys of a centre; name the folder that it made with --config',
      cause,
    })
  if (cause.code === 'EACCES')
    return new DynfarmError('keys-unreadable', `"${path}" cannot be read`, { cause })
  return new DynfarmError('keys-unreadable', `"${path}": ${cause.message}`, { cause })
}
