import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm admin list', 'also when each was last seen']],
  exits: [75, 77],
  run: notBuilt('admin list'),
}
