import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node...>', 'the nodes']],
  examples: [['dynfarm node refresh aruba-7', 'without waiting for its timer']],
  exits: [75, 77],
  run: notBuilt('node refresh'),
}
