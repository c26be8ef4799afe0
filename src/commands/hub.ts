import { readBuild } from '../version.ts'
import { type CommandSpec, notBuilt, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Resident: follows the server, keeps its own copy, and converges to it. At its first start it enrols.',
  options: [
    ['--rootless', 'in a user and network namespace, for a host without root'],
    ['--server <url...>', 'at the first start: where the server is'],
    ['--token <token>', 'at the first start: a token of role hub'],
    ['--token-file <file>', 'a file that has the token'],
  ],
  examples: [
    ['dynfarm hub', 'as the systemd unit dynfarm-hub runs it'],
    [
      'dynfarm hub --server https://hub1.example.org:8443 --token-file /root/token',
      'the first time',
    ],
  ],
  exits: [69, 71, 75, 77, 78],
  run: async ({ args, options }, context) => {
    if (options['rootless'] === true) return notBuilt('hub --rootless')({ args, options }, context)
    const { log, stateDir, onInterrupt } = context
    const { runHub } = await import('../hub/resident.ts')
    const build = readBuild()
    const servers = options['server']
    await runHub({
      ...{ log, stateDir, end: onInterrupt() },
      ...{ version: build.version, platform: build.platform },
      servers: Array.isArray(servers) ? servers : [],
      token: textOption(options, 'token'),
      tokenFile: textOption(options, 'tokenFile'),
    })
    return { text: '', json: {}, remark: 'the hub has ended' }
  },
}
