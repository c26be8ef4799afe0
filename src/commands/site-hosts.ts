import { loadValid } from '../profile/load.ts'
import { listIdentities, renderHosts } from '../profile/names.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  options: [['--site <site>', 'only this site']],
  examples: [
    ['dynfarm site hosts', 'every node and job that can ever be, of every site'],
    ['dynfarm site hosts --site aruba --json', 'the same as records'],
  ],
  exits: [78],
  run: async ({ options }, { configDir }) => {
    const hosts = listIdentities(await loadValid(configDir), textOption(options, 'site'))
    return { text: renderHosts(hosts), json: { hosts } }
  },
}
