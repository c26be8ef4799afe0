import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node']],
  examples: [['dynfarm node accept-key aruba-7', '"dynfarm remote" talks to it again']],
  exits: [75, 77],
  run: notBuilt('node accept-key'),
}
