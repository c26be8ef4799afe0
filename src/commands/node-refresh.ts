import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Marks them until they have joined again, which each does by its timer, within twenty minutes. To have it at once: dynfarm remote exec -w NODE systemctl start dynfarm-rejoin',
  arguments: [['<node...>', 'the nodes']],
  examples: [['dynfarm node refresh aruba-7', 'its next join is asked for']],
  exits: [75, 77],
  run: ({ args }, context) =>
    actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeRefresh', { params: { node } }),
        done: 'marked to join again at its next timer:',
      },
      context,
    ),
}
