import { putOptions } from '../remote/copy/options.ts'
import { runPut } from '../remote/copy/put.ts'
import type { CommandSpec } from './command.ts'
import { fanOutOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<path...>', 'sources, then the target']],
  options: [
    ...fanOutOptions,
    ['--sudo', 'as root through sudo'],
    ['--as <user>', 'as this user'],
    ['--relay', 'let the nodes of a site pass it on to each other'],
    ['--limit <rate>', 'all together at most, as 50M'],
  ],
  examples: [
    [
      'dynfarm remote put -w @aruba motd /etc/motd',
      'checked, renamed into place, skipped where identical',
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
    const { text, json, exit } = await runPut(putOptions(args, options), context)
    return { text, json, exit }
  },
}
