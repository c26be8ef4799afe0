import { loginOptions } from '../remote/options.ts'
import { runShell } from '../remote/shell.ts'
import type { CommandSpec } from './command.ts'
import { loginOptions as options } from './remote-options.ts'

export const spec: CommandSpec = {
  about:
    "The account's login shell, on a terminal where standard input and output are one. Every key goes there, ^C too.\n" +
    'It ends with the exit code of the shell, or 128 and the number of the signal that ended it.',
  arguments: [['<node>', 'the node']],
  options,
  examples: [['dynfarm remote shell aruba-7', 'as root, without a password']],
  exits: [[4, 'the node was unreachable, or broke off'], 71, 75, 77, 78],
  run: async ({ args, options: given }, context) => {
    const exit = await runShell({ ...loginOptions(given), node: args[0] ?? '' }, context)
    return { text: '', json: undefined, exit }
  },
}
