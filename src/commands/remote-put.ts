import { putOptions } from '../remote/copy/options.ts'
import { runPut } from '../remote/copy/put.ts'
import type { CommandSpec } from './command.ts'
import { fanOutExits, fanOutOptions, otherUserOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ...fanOutOptions,
    ...otherUserOptions,
    ['--relay', 'let the nodes of a site pass it on to each other'],
    ['--limit <rate>', 'all together at most, as 50M'],
  ],
  examples: [
    [
      'dynfarm remote put -w @aruba motd /etc/motd',
      'checked, renamed into place, skipped where identical',
    ],
  ],
  exits: fanOutExits,
  run: async ({ args, options }, context) => {
    const { text, json, exit } = await runPut(putOptions(args, options), context)
    return { text, json, exit }
  },
}
