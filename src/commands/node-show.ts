import { askServer } from '../client/admin/ask.ts'
import { renderNode } from '../client/admin/node-show.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<node>', 'the node, as aruba-7, or its id']],
  examples: [
    ['dynfarm node show aruba-7', 'state, keys, last report, and what it says of itself'],
    ['dynfarm node show aruba-7 --json', 'the same as a record'],
  ],
  exits: [75, 77],
  run: async ({ args: [node = ''] }, context) => {
    const shown = await askServer(context, 'nodeShow', { params: { node } })
    return { text: renderNode(shown), json: shown }
  },
}
