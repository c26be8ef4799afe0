import type { CommandSpec, OptionSpec } from './command.ts'

/** How a node is logged in on. */
export const loginOptions: readonly OptionSpec[] = [
  ['-i, --identity <key>', 'a private key, or agent:NAME (default: ~/.ssh/id_ed25519)'],
  ['-l, --login <user>', 'the account there (default: root)'],
  ['--via <hub>', 'through this hub, as [USER@]HUB[:PORT] (default: as the bundle says)'],
  [
    '-t, --connect-timeout <duration>',
    'for the connection, and again for the login (default: 10s)',
  ],
]

/** Which nodes, and how they are gone through: what `remote exec`, `put` and `get` have in common. */
export const fanOutOptions: readonly OptionSpec[] = [
  ['-w, --nodes <nodeset...>', 'which nodes, as aruba-[1-20] or @aruba:ready; again for more'],
  ['-x, --exclude <nodeset...>', 'but not these; again for more'],
  ['--all', 'also those that are known to be dead'],
  ...loginOptions,
  ['-f, --fanout <n>', 'how many at once (default: 64)'],
  ['-u, --command-timeout <duration>', 'for the command (default: none)'],
  ['--retry <n>', 'only for what failed before the command started'],
  ['--failed-to <file>', 'write the nodes that failed, for -w ^FILE'],
  ['--dry-run', 'list what would be done where'],
  ['--lock <name>', 'never overlap with another run of this name'],
  ['-k, --stop-at-failure', 'start no more after the first failure'],
  ['-S, --worst-code', 'exit with the largest remote code'],
]

export const otherUserOptions: readonly OptionSpec[] = [
  ['--sudo', 'as root through sudo'],
  ['--as <user>', 'as this user'],
]

export const fanOutExits: CommandSpec['exits'] = [
  [3, 'a command failed on some node'],
  [4, 'a node was unreachable, timed out or broke off'],
  71,
  75,
  77,
  78,
]
