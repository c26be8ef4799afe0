import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node, as aruba-7']],
  examples: [['dynfarm node show aruba-7', 'facts, configuration, last report']],
  exits: [75, 77],
  run: notBuilt('node show'),
}
