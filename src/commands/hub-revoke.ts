import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node, as aruba-7']],
  examples: [['dynfarm hub revoke aruba-7', 'its tunnel and sessions end now']],
  exits: [71, 77],
  run: notBuilt('hub revoke'),
}
