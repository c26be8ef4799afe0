import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<name>', 'who']],
  examples: [['dynfarm admin revoke anna', 'also on connections already open']],
  exits: [75, 77],
  run: notBuilt('admin revoke'),
}
