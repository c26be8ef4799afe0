import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { Step } from '../../plan/step.ts'
import { decode } from '../../protocol/decode.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { keptJoin, machineSecrets } from '../../protocol/schema/kept.ts'
import type { Secrets } from '../enrol.ts'
import type { JoinAnswer } from '../enrol-check.ts'

export type Problem = NonNullable<RequestOf<'report'>['problems']>[number]

/** What this host keeps of a join, and needs to come up again with nobody to ask. */
export interface Kept {
  servers: readonly string[]
  proxy?: string
  /** SHA-256 of the server authorities' public keys. */
  pins: readonly string[]
  centre: string
  releaseKey: string
  answer: JoinAnswer
  /** Paths of the site's files that were written here, or may have been. */
  files: readonly string[]
  /** What was wrong at the last join. */
  problems: readonly Problem[]
  /** Of the host of a service: what its hubs and it hold links by. */
  config?: CentreConfig
  standing?: Standing
  /** Of the last hello: it only ever grows. */
  hello?: number
}

/** The rung that carries this machine's traffic. */
export interface Standing {
  rung: string
  mtu: number
}

export interface NodePaths {
  folder: string
  identity: string
  config: string
  /** What a boot closes before it has a network. */
  closed: string
  /** What became of releases that were offered. */
  update: string
  /** What OpenVPN and wg read. */
  key: string
  wireguard: string
}

export function nodePaths(stateDir: string): NodePaths {
  const folder = `${stateDir}/node`
  return {
    folder,
    identity: `${folder}/identity.json`,
    config: `${folder}/config.json`,
    closed: `${folder}/closed.batch`,
    update: `${folder}/update.json`,
    key: `${folder}/key.pem`,
    wireguard: `${folder}/wireguard.key`,
  }
}

export async function loadIdentity(
  machine: Machine,
  paths: NodePaths,
): Promise<Secrets | undefined> {
  return (await load(machine, paths.identity, machineSecrets)) as Secrets | undefined
}

export async function loadKept(machine: Machine, paths: NodePaths): Promise<Kept | undefined> {
  return (await load(machine, paths.config, keptJoin)) as Kept | undefined
}

export async function load(machine: Machine, path: string, schema: object): Promise<unknown> {
  const file = await machine.readFile(path)
  if (file === undefined) return undefined
  const decoded = decode(schema, parse(Buffer.from(file.content).toString()))
  if ('value' in decoded) return decoded.value
  throw new DynfarmError('state-damaged', `"${path}" is damaged at "${decoded.fault.path}"`)
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

/** Its keys once more as the files that programs read; nobody but root reads any of them. */
export function planIdentity(paths: NodePaths, secrets: Secrets): Step[] {
  return [
    secretFile(paths.key, secrets.key),
    secretFile(paths.wireguard, `${secrets.wireguard.private}\n`),
    secretFile(paths.identity, `${JSON.stringify(secrets, null, 2)}\n`),
  ]
}

/** Nothing where only the server's clock went on. */
export function planKept(paths: NodePaths, kept: Kept, before: Kept | undefined): Step[] {
  if (before !== undefined && essence(kept) === essence(before)) return []
  return [secretFile(paths.config, `${JSON.stringify(kept, null, 2)}\n`)]
}

function essence(kept: Kept): string {
  const { answer, ...rest } = kept
  return JSON.stringify([sorted(rest), { ...answer, time: 0, position: '' }])
}

function sorted(value: object): unknown[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

function secretFile(path: string, secret: string): Step {
  return {
    ...{ kind: 'file', reason: 'what this machine knows of its centre', path },
    ...{ content: { secret }, mode: 0o600 },
  }
}

/** The undo of all: nothing is left to be found out of who this machine was. */
export function planForget(paths: NodePaths): Step[] {
  const { identity, config, closed, update, key, wireguard } = paths
  return [closed, update, config, identity, key, wireguard].map((path) => ({
    ...{ kind: 'file', reason: 'forget who this machine was', path, content: null },
  }))
}
