import { askServer } from '../client/admin/ask.ts'
import { renderReleases } from '../client/admin/releases.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about: 'A release without its file was announced, and its executable has yet to be sent.',
  examples: [['dynfarm release list', 'version, platform, hash, end']],
  exits: [75, 77],
  run: async (_, context) => {
    const { releases } = await askServer(context, 'releaseList', {})
    return { text: renderReleases(releases, Date.now()), json: { releases } }
  },
}
