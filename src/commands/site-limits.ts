import { askServer } from '../client/admin/ask.ts'
import { renderLimits } from '../client/admin/limit-use.ts'
import { DynfarmError } from '../errors.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'What all nodes of a site together had of its limits at each hub, in the last five minutes: PEAK is the fullest five seconds, DROPPED counts packets. "(all)" is a hub with a limit of its own, over all sites. Hubs tell it once a minute.',
  options: [['--site <site>', 'only this site']],
  examples: [
    ['dynfarm site limits', 'every site and every hub that has limits'],
    ['dynfarm site limits --site aruba --json', 'the same as records, in bits a second'],
  ],
  exits: [75, 77],
  run: async ({ options }, context) => {
    const wanted = textOption(options, 'site')
    const { sites: all, hubs = [] } = await askServer(context, 'siteList', {})
    const sites = all.filter(({ site }) => wanted === undefined || site === wanted)
    if (wanted !== undefined && sites.length === 0)
      throw new DynfarmError('no-such-site', `there is no site "${wanted}"`)
    const limited = wanted === undefined ? hubs : []
    return { text: renderLimits(sites, limited), json: { sites, hubs: limited } }
  },
}
