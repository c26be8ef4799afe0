import { askServer } from '../client/admin/ask.ts'
import { destinationOf, renderUserData } from '../client/admin/cloud-init.ts'
import { describeToken, tokenRequest } from '../client/admin/tokens.ts'
import { loadValid } from '../profile/load.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'For one machine, whose image has dynfarm with its units. It holds a token of one use: every process of the machine can read user-data.',
  options: [
    ['--site <site>', 'the site'],
    ['--class <class>', 'a class of that site'],
    ['--ttl <duration>', 'how long the token lasts (default: 1h)'],
  ],
  examples: [
    ['dynfarm cloud-init --site aruba > user-data', 'with a token that is one-use and short'],
    ['dynfarm cloud-init --site aruba --ttl 10m > user-data', 'for a machine that boots at once'],
  ],
  exits: [75, 77, 78],
  run: async ({ options }, context) => {
    const text = (name: string) => textOption(options, name)
    const destination = destinationOf(await loadValid(context.configDir), text('site'))
    const body = tokenRequest({
      ...{ site: destination.site, class: text('class'), ttl: text('ttl') ?? '1h', uses: '1' },
      ...{ role: undefined, name: undefined, sources: [], slot: undefined },
    })
    const made = await askServer(context, 'tokenCreate', { body })
    const userData = renderUserData(destination, made)
    const remark = `${describeToken(body, made)}; processes of the machine can read its user-data`
    return { text: userData, json: { userData, token: made.id, expires: made.expires }, remark }
  },
}
