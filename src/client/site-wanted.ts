import { parseAddress } from '../address.ts'
import type { Argv } from '../plan/step.ts'
import { parseDuration } from '../profile/quantity.ts'
import type { AnswerOf } from '../protocol/endpoints.ts'
import type { CheckWanted, CommandWanted, FileWanted, SiteWanted } from '../site/wanted.ts'

type Answer = AnswerOf<'join'>
type Site = NonNullable<Answer['site']>

export interface NodeAnswer {
  node: NonNullable<Answer['node']>
  hubs: Answer['hubs']
  site: Site
}

/** What the server said, as planSite takes it. */
export function siteWanted(
  { node, hubs, site }: NodeAnswer,
  formerFiles: readonly string[],
): SiteWanted {
  const families = new Set(node.addresses.map(familyAt))
  const inner = hubs.flatMap((hub) => hub.inner)
  return {
    node,
    hostname: site.hostname,
    hosts: site.hosts,
    admins: site.admins,
    hubs: inner.filter((address) => families.has(familyAt(address))),
    files: site.files.map(fileWanted),
    formerFiles,
  }
}

function familyAt(address: string): string | undefined {
  return parseAddress(address)?.family
}

function fileWanted(file: Site['files'][number]): FileWanted {
  const { path, content, encoding, mode, owner, secret = false } = file
  return {
    path,
    content: encoding === 'base64' ? Buffer.from(content, 'base64') : content,
    secret,
    ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
    ...(owner !== undefined && { owner }),
  }
}

export function commandsWanted({ commands }: Site): CommandWanted[] {
  return commands.map(({ undo, unless, creates, ...command }) => ({
    ...checkWanted(command),
    ...(undo !== undefined && { undo: argvOf(undo) }),
    ...(unless !== undefined && { unless: argvOf(unless) }),
    ...(creates !== undefined && { creates }),
  }))
}

export function checksWanted({ checks }: Site): CheckWanted[] {
  return checks.map(checkWanted)
}

function checkWanted({ name, run, timeout }: Site['checks'][number]): CheckWanted {
  return { name, run: argvOf(run), timeoutMs: parseDuration(timeout) ?? DEFAULT_TIMEOUT_MS }
}

/** A server of another version may count in units that this one does not know. */
const DEFAULT_TIMEOUT_MS = 60_000

function argvOf(words: readonly string[]): Argv {
  const [program = '', ...args] = words
  return [program, ...args]
}
