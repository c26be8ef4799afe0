import { readBuild } from '../version.ts'
import { type CommandSpec, type Input, type Result, textOption, textsOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Resident: follows the server, keeps its own copy, and converges to it. At its first start it enrols, which wants the server; all others do without.',
  options: [
    ['--rootless', 'without root: all of it in namespaces, state in ~/.local/state/dynfarm'],
    ['--server <url...>', 'at the first start, or when it has moved: where the server is'],
    ['--token <token>', 'at the first start, or when its certificate ended: a token of role hub'],
    ['--token-file <file>', 'a file that has the token'],
  ],
  examples: [
    ['dynfarm hub', 'as the systemd unit dynfarm-hub runs it'],
    [
      'dynfarm hub --server https://hub1.example.org:8443 --token-file /root/token',
      'the first time',
    ],
    [
      'dynfarm hub --server https://new.example.org:8443',
      'the server has moved: once, then without',
    ],
    [
      'dynfarm hub --rootless',
      'as an ordinary user, where centre.yaml says `rootless: true` of it',
    ],
  ],
  exits: [69, 71, 75, 77, 78],
  run: async ({ options }, context): Promise<Result> => {
    const { log, stateDir, access, self, onInterrupt } = context
    const given = {
      ...{ log, end: onInterrupt() },
      servers: textsOption(options, 'server'),
      token: textOption(options, 'token'),
      tokenFile: textOption(options, 'tokenFile'),
    }
    if (options['rootless'] === true) {
      const { runRootlessHub } = await import('../run/rootless-hub.ts')
      const own = { stateDir: access.ownState ?? stateDir, self, flags: spokenFlags(options) }
      return { text: '', json: undefined, exit: await runRootlessHub({ ...given, ...own }) }
    }
    const { runHub } = await import('../hub/resident.ts')
    const { version, platform } = readBuild()
    await runHub({ ...given, stateDir, version, platform })
    return { text: '', json: {}, remark: 'the hub has ended' }
  },
}

/** How the hub within is to speak: as this one. */
function spokenFlags(options: Input['options']): string[] {
  const flags = ['json', 'quiet', 'verbose'].filter((name) => options[name] === true)
  return [...flags, ...(options['color'] === false ? ['no-color'] : [])].map((name) => `--${name}`)
}
