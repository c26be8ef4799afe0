import { type CommandSpec, notBuilt } from './command.ts'
import { fanOutOptions } from './remote-options.ts'

export const spec: CommandSpec = {
  arguments: [['<command...>', 'the command and its arguments']],
  options: [
    ...fanOutOptions,
    ['-N, --no-prefix', 'lines without the name of the node'],
    ['-b, --gather', 'show equal output once'],
    ['--diff', 'with -b: differences to the largest group'],
    ['--outdir <dir>', 'standard output of each node in a file'],
    ['--errdir <dir>', 'standard error of each node in a file'],
    ['-n, --no-input', 'do not copy standard input'],
    ['--sudo', 'as root through sudo'],
    ['--as <user>', 'as this user'],
    ['--env <assignment...>', 'K=V for the command'],
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
  exits: [
    [3, 'a command failed on some node'],
    [4, 'a node was unreachable, timed out or broke off'],
    75,
    77,
  ],
  run: notBuilt('remote exec'),
}
