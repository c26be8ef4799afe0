import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node...>', 'the nodes']],
  examples: [['dynfarm node refresh aruba-7', 'it joins again at its next report']],
  exits: [75, 77],
  run: ({ args }, context) =>
    actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeRefresh', { params: { node } }),
        done: 'will refresh',
      },
      context,
    ),
}
