import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the waiting node']],
  examples: [['dynfarm node approve aruba-7', 'it joins at its next try']],
  exits: [75, 77],
  run: notBuilt('node approve'),
}
