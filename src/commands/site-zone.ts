import { loadValid } from '../profile/load.ts'
import { listIdentities, renderReverseZone, renderZone } from '../profile/names.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about: 'The records alone, to be included in a zone: its SOA and serial stay with who keeps it.',
  options: [
    ['--site <site>', 'only this site'],
    ['--reverse', 'from addresses to names (PTR)'],
  ],
  examples: [
    ['dynfarm site zone > /etc/bind/farm.zone', 'A and AAAA records for $INCLUDE'],
    ['dynfarm site zone --reverse --site aruba', 'the PTR records of one site'],
  ],
  exits: [78],
  run: async ({ options }, { configDir }) => {
    const profile = await loadValid(configDir)
    const hosts = listIdentities(profile, textOption(options, 'site'))
    const render = options['reverse'] === true ? renderReverseZone : renderZone
    return { text: render(hosts, profile.centre.domain), json: { hosts } }
  },
}
