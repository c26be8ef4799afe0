import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node...>', 'those that wait, by their ids, or in quarantine, by their names']],
  examples: [
    ['dynfarm node approve 3f6c2b1e-9f0d-4c55-8d3e-0a1b2c3d4e5f', 'it joins at its next try'],
    ['dynfarm node approve aruba-7', 'its quarantine is over'],
  ],
  exits: [75, 77],
  run: ({ args }, context) =>
    actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeApprove', { params: { node } }),
        done: 'approved',
      },
      context,
    ),
}
