import { createAdmin } from '../client/admin/admin-create.ts'
import { renderTime } from '../client/admin/times.ts'
import { DynfarmError } from '../errors.ts'
import { type CommandSpec, textOption, textsOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Writes a bundle: on their workstation it belongs to ~/.config/dynfarm/admin.json, readable by them alone. A file that is there is never overwritten.',
  arguments: [['<name>', 'who']],
  options: [
    [
      '--role <role>',
      'what they may do: look, run nodes and tokens, or all',
      ['viewer', 'operator', 'admin'],
    ],
    ['--site <site>', 'only for this site'],
    ['--out <file>', 'where the bundle goes (default: NAME.dfadmin)'],
    [
      '--url <url...>',
      'what their workstation dials, a name of the server with the port of "admin" (default: the names in server.urls)',
    ],
    ['--via <hub>', 'the hub through which they reach nodes, as [USER@]HUB[:PORT]'],
  ],
  examples: [
    ['dynfarm admin create anna --role admin', 'writes anna.dfadmin, her bundle'],
    ['dynfarm admin create otto --role operator --site aruba --out otto.json', 'for one site'],
  ],
  exits: [71, 75, 77, 78],
  run: async ({ args: [name = ''], options }, context) => {
    const rank = textOption(options, 'role') as 'viewer' | 'operator' | 'admin' | undefined
    if (rank === undefined) throw new DynfarmError('usage', '--role is missing')
    const site = textOption(options, 'site')
    const wanted = {
      ...{ name, rank, via: textOption(options, 'via'), urls: textsOption(options, 'url') },
      ...(site !== undefined && { site }),
      out: textOption(options, 'out') ?? `${name}.dfadmin`,
    }
    const made = await createAdmin(wanted, { ...context, signal: context.onInterrupt() })
    const until = renderTime(made.expires)
    const remark = `wrote the bundle of "${name}", good until ${until}; it holds a private key`
    return { text: `${made.file}\n`, json: made, remark }
  },
}
