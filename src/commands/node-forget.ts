import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node...>', 'the nodes']],
  examples: [['dynfarm node forget aruba-7 aruba-8', 'their slots rest, then may be given again']],
  exits: [75, 77],
  run: ({ args }, context) =>
    actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeForget', { params: { node } }),
        done: 'forgot',
      },
      context,
    ),
}
