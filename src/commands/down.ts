import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [['--dry-run', 'print the exact steps and change nothing']],
  examples: [['dynfarm down', "the unit's stop: the next join comes back as the same node"]],
  exits: [3, 71, 77],
  run: notBuilt('down'),
}
