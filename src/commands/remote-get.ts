import { type CommandSpec, notBuilt } from './command.ts'
import { fanOutOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ...fanOutOptions,
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
