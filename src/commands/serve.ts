import { readBuild } from '../version.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about: 'Runs until it is stopped; SIGHUP or "dynfarm reload" reads the configuration again.',
  examples: [
    ['dynfarm serve', 'as the systemd unit dynfarm-server runs it'],
    ['dynfarm serve --config ./centre', 'with a configuration elsewhere'],
  ],
  exits: [71, 75, 77, 78],
  run: async (_input, context) => {
    const { serve } = await import('../server/daemon.ts')
    const served = await serve({
      ...context,
      version: readBuild().version,
      end: context.onInterrupt(),
    })
    return { text: '', json: served, remark: 'the server has ended' }
  },
}
