import { DynfarmError } from '../errors.ts'
import { computeNodes, type NodesetView, renderNodes } from '../remote/nodeset.ts'
import type { CommandSpec, Input } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Folds unless told otherwise. Several node sets are joined; terms are worked off from left to right.\n' +
    'Without an inventory: groups like "@aruba" have no meaning here.',
  arguments: [
    ['<nodeset...>', 'node sets: a,b union, a!b difference, a&b both, a^b either, ^FILE, -'],
  ],
  options: [
    ['-e, --expand', 'one name a line'],
    ['-f, --fold', 'the shortest form'],
    ['-c, --count', 'how many'],
  ],
  examples: [
    ['dynfarm remote nodeset -f aruba-1 aruba-2', 'aruba-[1-2]'],
    ['dynfarm remote nodeset -e rack[1-2]-[08-10]', 'rack1-08, rack1-09 and so on'],
    ['dynfarm remote nodeset -c a[1-9/2]!a3', '4'],
  ],
  exits: [71],
  run: async ({ args, options }, { stdin }) => {
    const view = viewOf(options)
    const nodes = await computeNodes(args, stdin)
    return { text: renderNodes(nodes, view), json: nodes }
  },
}

function viewOf(options: Input['options']): NodesetView {
  const views = (['expand', 'fold', 'count'] as const).filter((view) => options[view] === true)
  if (views.length > 1) {
    const message = `--${views[0]} and --${views[1]} do not go together`
    throw new DynfarmError('usage', message)
  }
  return views[0] ?? 'fold'
}
