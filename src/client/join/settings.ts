import { resolve } from 'node:path'
import type { FileState, Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { parseToken } from '../../pki/token.ts'
import type { FileStep } from '../../plan/step.ts'
import { type JoinFile, parseJoinFile } from '../../profile/join-settings.ts'
import { countProblems, renderProblems } from '../../profile/problem.ts'
import { parseDuration } from '../../profile/quantity.ts'
import { parseServerUrl } from '../requests/target.ts'
import { eraseToken } from './erase-token.ts'
import { readToken, readTokenIfThere } from './token-file.ts'

/** What the command line says; it goes before join.yaml. */
export interface Flags {
  configDir: string
  servers: readonly string[]
  token?: string | undefined
  tokenFile?: string | undefined
}

export interface JoinSettings {
  servers: readonly string[]
  proxy: string | undefined
  token: string | undefined
  /** What is wrong with the one that join.yaml has or names: a machine that is known asks for none. */
  tokenFault: DynfarmError | undefined
  /** A file that join.yaml names, and that has no token. */
  noTokenIn: string | undefined
  /** Whichever were named, also where another token goes before theirs. */
  tokenFiles: readonly string[]
  /** SHA-256 of the server authority's key, from the token or join.yaml. */
  pin: string | undefined
  deadlineMs: number
  /** join.yaml while a token stands in it. */
  tokenIn: { path: string; text: string } | undefined
}

export async function readSettings(machine: Machine, flags: Flags): Promise<JoinSettings> {
  const path = `${flags.configDir}/join.yaml`
  const state = await machine.readFile(path)
  if (state !== undefined) refuseWritable(path, state)
  const content = state?.content
  const file = content === undefined ? undefined : readJoinFile(path, content)
  const named = file?.['token-file']
  const tokenFile = named === undefined ? undefined : resolve(flags.configDir, named)
  const given = await givenToken(machine, flags)
  const { token, tokenFault } =
    given === undefined
      ? await writtenToken(machine, { token: file?.token, tokenFile })
      : { token: given, tokenFault: undefined }
  return {
    servers: flags.servers.length > 0 ? flags.servers.map(serverUrl) : (file?.servers ?? []),
    proxy: file?.proxy,
    token,
    tokenFault,
    noTokenIn: token === undefined && tokenFault === undefined ? tokenFile : undefined,
    tokenFiles: [flags.tokenFile, tokenFile].flatMap((one) => one ?? []),
    pin: token === undefined ? file?.pin : parseToken(token).pin.toString('hex'),
    deadlineMs: parseDuration(file?.deadline ?? '') ?? DEFAULT_DEADLINE_MS,
    tokenIn:
      file?.token === undefined || content === undefined
        ? undefined
        : { path, text: Buffer.from(content).toString() },
  }
}

const DEFAULT_DEADLINE_MS = 600_000

/** Who can write to it decides whom root obeys. */
function refuseWritable(path: string, { mode, gid }: FileState): void {
  const isOpen = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0)
  if (!isOpen || process.geteuid?.() !== 0) return
  const shown = mode.toString(8).padStart(4, '0')
  const message = `"${path}" can be written to by others (mode ${shown})`
  const hint = 'see what stands in it, then: chmod 600, and join again'
  throw new DynfarmError('config-invalid', message, { hint })
}

function readJoinFile(path: string, content: Uint8Array): JoinFile {
  const parsed = parseJoinFile(path, content)
  if ('value' in parsed) return parsed.value
  const { problems } = parsed
  const message = `"${path}" has ${countProblems(problems)}\n${renderProblems(problems).trimEnd()}`
  const hint = 'mend the places named above, then join again'
  throw new DynfarmError('config-invalid', message, { hint, details: { problems } })
}

function serverUrl(text: string): string {
  return parseServerUrl(text).name
}

/** On the command line; it goes before one of join.yaml, as what is given now before what was written once. */
async function givenToken(
  machine: Machine,
  { token, tokenFile }: Flags,
): Promise<string | undefined> {
  if (token !== undefined && tokenFile !== undefined)
    throw new DynfarmError('usage', '--token and --token-file do not go together')
  return tokenFile === undefined ? token?.trim() : await readToken(machine, tokenFile)
}

async function writtenToken(
  machine: Machine,
  { token, tokenFile }: { token: string | undefined; tokenFile: string | undefined },
): Promise<Pick<JoinSettings, 'token' | 'tokenFault'>> {
  try {
    if (token !== undefined) parseToken(token.trim())
    const named = tokenFile === undefined ? undefined : await readTokenIfThere(machine, tokenFile)
    return { token: token?.trim() ?? named, tokenFault: undefined }
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    return { token: undefined, tokenFault: error }
  }
}

/** join.yaml as it was but for the token, which is spent. */
export function planEraseToken({ tokenIn }: JoinSettings): FileStep[] {
  if (tokenIn === undefined) return []
  const content = eraseToken(tokenIn.text)
  return [{ kind: 'file', reason: 'take out the token that was used', path: tokenIn.path, content }]
}
