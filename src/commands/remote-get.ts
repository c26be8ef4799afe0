import { runGet } from '../remote/copy/get.ts'
import { getOptions } from '../remote/copy/options.ts'
import type { CommandSpec } from './command.ts'
import { fanOutOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ...fanOutOptions,
    ['--sudo', 'as root through sudo'],
    ['--as <user>', 'as this user'],
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
    71,
    75,
    77,
    78,
  ],
  run: async ({ args, options }, context) => {
    const { text, json, exit } = await runGet(getOptions(args, options), context)
    return { text, json, exit }
  },
}
