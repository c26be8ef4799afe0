import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { FileStep, Secret, Step } from '../../plan/step.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { keptJoin } from '../../protocol/schema/kept.ts'
import type { Secrets } from '../enrol.ts'
import type { JoinAnswer } from '../enrol-check.ts'
import { look, lookTwice } from '../stored.ts'

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
  /** What the clock said when a tunnel was made last. */
  clock?: number
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
  /** The same once more but for what passes: all else of a machine can be had again, what is in this file cannot. */
  copy: string
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
    copy: `${folder}/config-copy.json`,
    closed: `${folder}/closed.batch`,
    update: `${folder}/update.json`,
    key: `${folder}/key.pem`,
    wireguard: `${folder}/wireguard.key`,
  }
}

export interface FoundKept {
  kept: Kept | undefined
  /** Which file cannot be used, and why: what is kept comes from its copy then, or there is nothing. */
  damage: string | undefined
}

/** Also where a file of it is damaged or gone. */
export async function findKept(
  machine: Machine,
  { config, copy }: Pick<NodePaths, 'config' | 'copy'>,
): Promise<FoundKept> {
  const { value, damage } = await lookTwice(machine, { path: config, copy }, keptJoin)
  return { kept: value as Kept | undefined, damage }
}

/** For who can do nothing without it. */
export async function loadKept(machine: Machine, paths: NodePaths): Promise<Kept | undefined> {
  const { kept, damage } = await findKept(machine, paths)
  if (kept === undefined && damage !== undefined) throw keptLost(damage)
  return kept
}

export function keptLost(damage: string): DynfarmError {
  const hint =
    'join with a new token (--server URL --token-file FILE), as another node, and have the former one forgotten ' +
    'at the centre ("dynfarm node forget"); or undo all that join did: "dynfarm leave"'
  const message = `${damage}, and nothing else says who this machine is to its centre`
  return new DynfarmError('state-damaged', message, { hint })
}

/** Its keys once more as the files that programs read; nobody but root reads any of them. */
export function planIdentity(
  paths: Pick<NodePaths, 'identity' | 'key' | 'wireguard'>,
  secrets: Secrets,
): SecretFile[] {
  return [
    secretFile(paths.key, secrets.key),
    secretFile(paths.wireguard, `${secrets.wireguard.private}\n`),
    secretFile(paths.identity, jsonOf(secrets)),
  ]
}

/** Nothing where only the server's clock went on. */
export function planKept(paths: NodePaths, kept: Kept, before: Kept | undefined): Step[] {
  if (before !== undefined && essence(kept) === essence(before)) return []
  return [secretFile(paths.config, jsonOf(kept))]
}

/** What passes is not in it: the tunnel that stands, when it was made, the last hello, the problems of the last join. */
export async function planCopy(machine: Machine, paths: NodePaths, kept: Kept): Promise<Step[]> {
  const { standing: _, hello: __, clock: ___, ...lasting } = kept
  const copy: Kept = { ...lasting, problems: [] }
  const { value } = await look(machine, paths.copy, keptJoin)
  if (value !== undefined && essence(value as Kept) === essence(copy)) return []
  return [secretFile(paths.copy, jsonOf(copy))]
}

function jsonOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

function essence(kept: Kept): string {
  const { answer, ...rest } = kept
  return JSON.stringify([sorted(rest), { ...answer, time: 0, position: '' }])
}

function sorted(value: object): unknown[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
}

export type SecretFile = FileStep & { content: Secret }

function secretFile(path: string, secret: string): SecretFile {
  return {
    ...{ kind: 'file', reason: 'what this machine knows of its centre', path },
    ...{ content: { secret }, mode: 0o600 },
  }
}

/** The undo of all: nothing is left to be found out of who this machine was. */
export function planForget(paths: NodePaths): Step[] {
  const { identity, config, copy, closed, update, key, wireguard } = paths
  return [closed, update, config, copy, identity, key, wireguard].map((path) => ({
    ...{ kind: 'file', reason: 'forget who this machine was', path, content: null },
  }))
}
