import { loadValid } from '../profile/load.ts'
import { listSites, renderSites } from '../profile/names.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  examples: [
    ['dynfarm site list', 'range, slots, ladder, services and classes of each'],
    ['dynfarm site list --config ./centre', 'of a configuration elsewhere'],
  ],
  exits: [78],
  run: async (_, { configDir }) => {
    const sites = listSites(await loadValid(configDir))
    return { text: renderSites(sites), json: { sites } }
  },
}
