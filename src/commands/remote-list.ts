import { runList } from '../remote/list.ts'
import { type CommandSpec, textOption, textsOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Asks the server, and without it shows what was known at the last contact, with its age.\n' +
    'Fields: node, site, class, state, address, rung, seen, version, key, labels. SEEN is how long ago a hub heard of it; KEY is "changed" where a new host key waits for "dynfarm node accept-key".',
  options: [
    ['-w, --nodes <nodeset...>', 'which nodes, as aruba-[1-20] or @aruba:ready (default: all)'],
    ['-x, --exclude <nodeset...>', 'but not these; again for more'],
    ['--format <fields>', 'columns, as node,state,labels'],
    ['--sort <field>', 'order, as seen, or -seen for backwards'],
  ],
  examples: [
    ['dynfarm remote list -w @aruba', 'node, site, state, address, rung, last seen, version, key'],
    [
      'dynfarm remote list -w @all:failed --sort -seen',
      'those that failed, the longest silent first',
    ],
    ['dynfarm remote list --json', 'one line a node'],
  ],
  exits: [71, 75, 77, 78],
  run: async ({ options }, context) => {
    const { text, records } = await runList(
      {
        nodes: textsOption(options, 'nodes'),
        exclude: textsOption(options, 'exclude'),
        format: textOption(options, 'format'),
        sort: textOption(options, 'sort'),
      },
      context,
    )
    return { text: context.asJson ? '' : text, json: { nodes: records }, records }
  },
}
