import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node']],
  options: [['--quarantine', 'leave only ssh from the hub']],
  examples: [
    ['dynfarm node revoke aruba-7', 'within two seconds at every connected hub'],
    ['dynfarm node revoke aruba-7 --quarantine', 'to look at it first'],
  ],
  exits: [75, 77],
  run: notBuilt('node revoke'),
}
