import { runGet } from '../remote/copy/get.ts'
import { getOptions } from '../remote/copy/options.ts'
import type { CommandSpec } from './command.ts'
import { fanOutExits, fanOutOptions, otherUserOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ...fanOutOptions,
    ...otherUserOptions,
    ['--flat', 'DEST/FILE.NODE instead of DEST/NODE/PATH'],
    ['--max-size <size>', 'end a file that never ends'],
  ],
  examples: [
    [
      'dynfarm remote get -w @aruba /var/log/lsf.log logs',
      'logs/aruba-1/var/log/lsf.log and so on',
    ],
  ],
  exits: fanOutExits,
  run: async ({ args, options }, context) => {
    const { text, json, exit } = await runGet(getOptions(args, options), context)
    return { text, json, exit }
  },
}
