import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node']],
  options: [['--via <hub>', 'through this hub']],
  examples: [['dynfarm remote shell aruba-7', 'as root, without a password']],
  exits: [[4, 'the node was unreachable, or broke off'], 75, 77],
  run: notBuilt('remote shell'),
}
