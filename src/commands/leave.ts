import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [['--dry-run', 'print the exact steps and change nothing']],
  examples: [['dynfarm leave', 'also with the server gone; it says so then']],
  exits: [3, 71, 77],
  run: notBuilt('leave'),
}
