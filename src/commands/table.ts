import type { CommandSpec } from './command.ts'

/** Every command and its line in the help; a space parts group and command. */
export const summaries = {
  init: 'make a centre from nothing: keys, authorities, example profiles',
  check: 'read a configuration and tell every problem in it',
  serve: 'the server: enrol machines and hand out their configuration',
  reload: 'make the running server read its configuration again',
  hub: 'end the tunnels and hold the links of a hub',
  'hub revoke': 'cut a node off at this hub, also with the server gone',
  join: 'make this machine a node: configuration, tunnel, files, commands',
  down: 'take tunnel and links down and keep the identity',
  leave: 'undo all that join did and free the slot',
  status: 'what this host has: node, rung, addresses, last contact',
  doctor: 'which leg fails, and why',
  'token create': 'make a token that lets machines join',
  'token list': 'the tokens, without their secrets',
  'token revoke': 'make a token worthless',
  'token open': 'let a token be used again after the store was restored',
  'node list': 'the nodes: state, site, address, rung, last seen',
  'node show': 'all that is known of a node',
  'node approve': 'let in a machine that waits without a token, or one that is in quarantine',
  'node accept-key': 'accept the changed ssh host key of a node',
  'node revoke': 'end a node: certificate, tunnel and sessions',
  'node forget': 'remove a node that is gone and free its slot',
  'node refresh': 'mark nodes that are to fetch their configuration',
  'site list': 'the sites: range, slots, ladder, services',
  'site limits': 'what sites and hubs had of their limits',
  'site hosts': 'every name and address beforehand, as hosts(5) lines',
  'site zone': 'every name and address beforehand, as a DNS zone',
  'admin create': 'give an administrator access',
  'admin list': 'the administrators and their roles',
  'admin revoke': "end an administrator's access",
  'release add': 'sign a new executable and offer it to the nodes',
  'release list': 'the releases on offer',
  audit: 'who did what, when, from where',
  'remote list': 'the nodes that can be reached',
  'remote exec': 'run a command on many nodes',
  'remote put': 'copy files to many nodes',
  'remote get': 'copy files from many nodes',
  'remote shell': 'an interactive session on one node',
  'remote nodeset': 'compute with node sets, without any node',
  run: 'one job, without root, with the network of a node',
  'cloud-init': 'user-data for a new machine of a site',
  dashboard: 'the farm on one screen',
  completion: 'completion of commands and options for a shell',
} as const satisfies Record<string, string>

/** The lines of the words that are only groups. */
export const groups: Readonly<Record<string, string>> = {
  token: 'what lets machines join: create, list, revoke, open',
  node: 'the nodes: list, show, approve, accept-key, revoke, forget, refresh',
  site: 'the sites: list, limits, hosts, zone',
  admin: 'the administrators: create, list, revoke',
  release: 'the releases: add, list',
  remote: 'all the machines: list, exec, put, get, shell, nodeset',
}

/** Those that dynfarm starts itself, here or on a node: no help tells of them. */
export const internals = {
  'inside-job': 'hold the network of a job',
  'inside-hub': 'be a hub within namespaces',
  'relay-serve': 'give files to siblings',
  'relay-fetch': 'take files from a sibling',
} as const

export type CommandName = keyof typeof summaries
type AnyName = CommandName | keyof typeof internals

const loaders: Record<AnyName, () => Promise<{ spec: CommandSpec }>> = {
  init: () => import('./init.ts'),
  check: () => import('./check.ts'),
  serve: () => import('./serve.ts'),
  reload: () => import('./reload.ts'),
  hub: () => import('./hub.ts'),
  'hub revoke': () => import('./hub-revoke.ts'),
  join: () => import('./join.ts'),
  down: () => import('./down.ts'),
  leave: () => import('./leave.ts'),
  status: () => import('./status.ts'),
  doctor: () => import('./doctor.ts'),
  'token create': () => import('./token-create.ts'),
  'token list': () => import('./token-list.ts'),
  'token revoke': () => import('./token-revoke.ts'),
  'token open': () => import('./token-open.ts'),
  'node list': () => import('./node-list.ts'),
  'node show': () => import('./node-show.ts'),
  'node approve': () => import('./node-approve.ts'),
  'node accept-key': () => import('./node-accept-key.ts'),
  'node revoke': () => import('./node-revoke.ts'),
  'node forget': () => import('./node-forget.ts'),
  'node refresh': () => import('./node-refresh.ts'),
  'site list': () => import('./site-list.ts'),
  'site limits': () => import('./site-limits.ts'),
  'site hosts': () => import('./site-hosts.ts'),
  'site zone': () => import('./site-zone.ts'),
  'admin create': () => import('./admin-create.ts'),
  'admin list': () => import('./admin-list.ts'),
  'admin revoke': () => import('./admin-revoke.ts'),
  'release add': () => import('./release-add.ts'),
  'release list': () => import('./release-list.ts'),
  audit: () => import('./audit.ts'),
  'remote list': () => import('./remote-list.ts'),
  'remote exec': () => import('./remote-exec.ts'),
  'remote put': () => import('./remote-put.ts'),
  'remote get': () => import('./remote-get.ts'),
  'remote shell': () => import('./remote-shell.ts'),
  'remote nodeset': () => import('./remote-nodeset.ts'),
  run: () => import('./run.ts'),
  'cloud-init': () => import('./cloud-init.ts'),
  dashboard: () => import('./dashboard.ts'),
  completion: () => import('./completion.ts'),
  'inside-job': () => import('./inside-job.ts'),
  'inside-hub': () => import('./inside-hub.ts'),
  'relay-serve': () => import('./relay-serve.ts'),
  'relay-fetch': () => import('./relay-fetch.ts'),
}

export async function loadCommand(name: AnyName): Promise<CommandSpec> {
  return (await loaders[name]()).spec
}

/** The command that the words begin with, options aside; undefined when they name none. */
export function findCommand(words: readonly string[]): AnyName | undefined {
  const [first = '', second = ''] = withoutOptions(words)
  return [`${first} ${second}`, first].find(isCommand)
}

function isCommand(name: string): name is AnyName {
  return Object.hasOwn(summaries, name) || Object.hasOwn(internals, name)
}

const optionsWithValue = new Set(['--config', '--state', '--bundle'])

function withoutOptions(words: readonly string[]): string[] {
  return words.filter(
    (word, index) => !word.startsWith('-') && !optionsWithValue.has(words[index - 1] ?? ''),
  )
}
