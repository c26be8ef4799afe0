import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node...>', 'the nodes']],
  examples: [['dynfarm node accept-key aruba-7', '"dynfarm remote" talks to it again']],
  exits: [75, 77],
  run: ({ args }, context) =>
    actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeAcceptKey', { params: { node } }),
        done: 'accepted the ssh host keys of',
        before: 'has the ssh host keys that were accepted',
      },
      context,
    ),
}
