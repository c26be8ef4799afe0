import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm dashboard', 'q ends it']],
  exits: [75, 77],
  run: notBuilt('dashboard'),
}
