import { askServer } from '../client/admin/ask.ts'
import { renderSiteLimits } from '../client/admin/limit-use.ts'
import { DynfarmError } from '../errors.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'What all nodes of a site together had of its limits at each hub, in the last five minutes: PEAK is the fullest five seconds, DROPPED counts packets. Hubs tell it once a minute.',
  options: [['--site <site>', 'only this site']],
  examples: [
    ['dynfarm site limits', 'every site that has limits'],
    ['dynfarm site limits --site aruba --json', 'the same as records, in bits a second'],
  ],
  exits: [75, 77],
  run: async ({ options }, context) => {
    const wanted = textOption(options, 'site')
    const { sites: all } = await askServer(context, 'siteList', {})
    const sites = all.filter(({ site }) => wanted === undefined || site === wanted)
    if (wanted !== undefined && sites.length === 0)
      throw new DynfarmError('no-such-site', `there is no site "${wanted}"`)
    return { text: renderSiteLimits(sites), json: { sites } }
  },
}
