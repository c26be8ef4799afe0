import { readBuild } from '../version.ts'
import { type CommandSpec, goOnUnheard, type Result, textOption } from './command.ts'

export const spec: CommandSpec = {
  about: 'Meant to run once at boot; running it again changes nothing.',
  options: [
    ['--server <url...>', 'the server to ask (default: as join.yaml says)'],
    ['--token <token>', 'what lets this machine join'],
    ['--token-file <file>', 'a file with the token'],
    [
      '--as-update',
      'as a release that an earlier version tries: once, and taking no other release',
    ],
    ['--dry-run', 'print the exact steps and change nothing'],
  ],
  examples: [
    [
      'dynfarm join --server https://hub1.example.org:8443 --token-file /root/token',
      'join for the first time',
    ],
    ['dynfarm join', 'again, with the identity it has'],
    ['dynfarm join --dry-run', 'what would be done'],
  ],
  exits: [69, 71, 75, 77, 78],
  run: async ({ options }, context): Promise<Result> => {
    const { log, configDir, stateDir, self, onInterrupt } = context
    goOnUnheard(context)
    const { dryJoin, join, renderJoined } = await import('../client/join.ts')
    const { version, platform } = readBuild()
    const servers = options['server']
    const asked = {
      ...{ log, configDir, stateDir, self, version, platform, signal: onInterrupt() },
      servers: Array.isArray(servers) ? servers : [],
      token: textOption(options, 'token'),
      tokenFile: textOption(options, 'tokenFile'),
      asUpdate: options['asUpdate'] === true,
    }
    if (options['dryRun'] === true) {
      const dry = await dryJoin(asked)
      const remark = `would ask ${dry.asks.join(', ')} by ${dry.by}; nothing was changed`
      return { text: '', json: dry, remark }
    }
    const joined = await join(asked)
    const exit = joined.state === 'ready' ? 0 : 71
    return { text: '', json: joined, remark: renderJoined(joined), exit }
  },
}
