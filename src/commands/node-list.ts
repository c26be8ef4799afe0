import { askServer } from '../client/admin/ask.ts'
import { orderNodes, renderNodes } from '../client/admin/node-list.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Nodes that left or were forgotten are listed with --only left or --only forgotten. SEEN is how long ago a hub heard of it.',
  options: [
    ['--site <site>', 'only this site'],
    [
      '--only <state>',
      'only nodes in this state',
      ['pending', 'joining', 'ready', 'failed', 'quarantined', 'revoked', 'left', 'forgotten'],
    ],
  ],
  examples: [
    ['dynfarm node list', 'all of them'],
    ['dynfarm node list --only pending', 'the machines that wait to be let in'],
    ['dynfarm node list --site aruba --json', 'one line a node'],
  ],
  exits: [75, 77],
  run: async ({ options }, context) => {
    const site = textOption(options, 'site')
    const state = textOption(options, 'only') as 'ready' | undefined
    const query = { ...(site !== undefined && { site }), ...(state !== undefined && { state }) }
    const answer = await askServer(context, 'nodeList', { query })
    const nodes = orderNodes(answer.nodes)
    const text = renderNodes(nodes, { now: Date.now(), colours: context.log.paint })
    return { text: context.asJson ? '' : text, json: { nodes }, records: nodes }
  },
}
