import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ['-w, --nodes <nodeset>', 'which nodes, as aruba-[1-20] or @aruba:ready'],
    ['-x, --exclude <nodeset>', 'but not these'],
    ['--via <hub>', 'through this hub'],
    ['-f, --fanout <n>', 'how many at once (default: 64)'],
    ['-t, --connect-timeout <duration>', 'for the connection'],
    ['-u, --command-timeout <duration>', 'for the command'],
    ['--retry <n>', 'only for what failed before the command started'],
    ['--failed-to <file>', 'write the nodes that failed, for -w ^FILE'],
    ['--dry-run', 'list what would be done where'],
    ['--lock <name>', 'never overlap with another run of this name'],
    ['-k, --stop-at-failure', 'start no more after the first failure'],
    ['-S, --worst-code', 'exit with the largest remote code'],
    ['--flat', 'DEST/FILE.NODE instead of DEST/NODE/PATH'],
    ['--max-size <size>', 'end a file that never ends'],
  ],
  examples: [
    [
      'dynfarm remote get -w @aruba /var/log/lsf.log logs',
      'logs/aruba-1/var/log/lsf.log and so on',
    ],
  ],
  exits: [
    [3, 'a command failed on some node'],
    [4, 'a node was unreachable, timed out or broke off'],
    75,
    77,
  ],
  run: notBuilt('remote get'),
}
