import { readBuild } from '../version.ts'
import { type CommandSpec, goOnUnheard, notJoined, type Result } from './command.ts'

export const spec: CommandSpec = {
  about: 'join.yaml becomes join.yaml.left, so that no unit joins this machine again.',
  options: [['--dry-run', 'print the exact steps and change nothing']],
  examples: [['dynfarm leave', 'also with the server gone; it says so then']],
  exits: [3, 71, 77],
  run: async ({ options }, context): Promise<Result> => {
    const { log, configDir, stateDir, onInterrupt } = context
    goOnUnheard(context)
    const { leave } = await import('../client/join.ts')
    const { version } = readBuild()
    const dryRun = options['dryRun'] === true
    const left = await leave({ log, configDir, stateDir, version, dryRun, signal: onInterrupt() })
    if (left === undefined) return notJoined
    const { name, problems, untold, aside } = left
    if (dryRun) return { text: '', json: left }
    const lines = [
      name === '' ? 'what a join had left is undone' : `"${name}" has left`,
      ...(untold === undefined ? [] : [`the centre does not know of it yet: ${untold}`]),
      ...(aside === undefined ? [] : [`to join again, put "${aside.to}" back as "${aside.from}"`]),
      ...problems.map((problem) => `not undone: ${problem}`),
    ]
    const exit = problems.length === 0 ? 0 : 71
    return { text: '', json: left, remark: lines.join('\n'), exit }
  },
}
