import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node']],
  examples: [['dynfarm node forget aruba-7', 'its slot rests, then may be given again']],
  exits: [75, 77],
  run: notBuilt('node forget'),
}
