import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [
    ['dynfarm status', 'for a person'],
    ['dynfarm status --json', 'for a program'],
  ],
  exits: [3, 4],
  run: notBuilt('status'),
}
