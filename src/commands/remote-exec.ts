import { runExec } from '../remote/exec.ts'
import { execOptions } from '../remote/options.ts'
import type { CommandSpec } from './command.ts'
import { fanOutExits, fanOutOptions, otherUserOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  about:
    'One word is a line for the shell there; several are a program and its arguments, as they are.\n' +
    'Every node ends as one of: ok, failed, timeout, unreachable, refused, hostkey, lost, killed, skipped.',
  arguments: [['<command...>', 'the command and its arguments']],
  options: [
    ...fanOutOptions,
    ['-N, --no-prefix', 'lines without the name of the node'],
    ['-b, --gather', 'show equal output once'],
    ['--diff', 'with -b: differences to the largest group'],
    ['--outdir <dir>', 'standard output to a file for each node instead'],
    ['--errdir <dir>', 'standard error to a file for each node instead'],
    ['-n, --no-input', 'do not copy standard input'],
    ...otherUserOptions,
    ['--env <assignment...>', 'K=V for the command, again for more'],
    ['--cwd <dir>', 'in this folder'],
    ['--tty', 'on a terminal'],
  ],
  passThrough: true,
  examples: [
    ['dynfarm remote exec -w @aruba -b uptime', 'equal output once'],
    [
      'dynfarm remote exec -w aruba-[1-9] -- systemctl restart lsfd',
      "options behind -- are the command's own",
    ],
  ],
  exits: fanOutExits,
  run: async ({ args, options }, context) => {
    const { text, json, exit } = await runExec(execOptions(args, options), context)
    return { text, json, exit }
  },
}
