import { askServer } from '../client/admin/ask.ts'
import { describeToken, tokenRequest } from '../client/admin/tokens.ts'
import { type CommandSpec, textOption, textsOption } from './command.ts'

export const spec: CommandSpec = {
  about: 'The token alone goes to standard output, once; the server keeps no copy of it.',
  options: [
    ['--site <site>', 'the site whose machines may use it'],
    ['--class <class>', 'a class of that site'],
    [
      '--role <role>',
      'jobs instead of machines, or one host of the centre',
      ['node', 'job', 'hub', 'service'],
    ],
    ['--name <name>', 'which hub or service'],
    ['--uses <n>', 'how many machines may use it (default: 1)'],
    ['--ttl <duration>', 'how long it lasts, as 2h or 7d (default: 24h, of a host 1h)'],
    ['--source <network...>', 'where its machines come from'],
    ['--slot <n>', 'the one slot it gives'],
  ],
  examples: [
    ['dynfarm token create --site aruba --uses 10 --ttl 2h', 'for ten machines within two hours'],
    ['dynfarm token create --role service --name ce', 'for the service host ce'],
    ['dynfarm token create --site hpc --role job --uses 500', 'for the jobs of "dynfarm run"'],
  ],
  exits: [75, 77],
  run: async ({ options }, context) => {
    const text = (name: string) => textOption(options, name)
    const body = tokenRequest({
      ...{ site: text('site'), class: text('class'), role: text('role'), name: text('name') },
      ...{ uses: text('uses'), ttl: text('ttl'), slot: text('slot') },
      sources: textsOption(options, 'source'),
    })
    const made = await askServer(context, 'tokenCreate', { body })
    return { text: `${made.token}\n`, json: made, remark: describeToken(body, made) }
  },
}
