import type { WentDown } from '../client/join/down.ts'
import { readBuild } from '../version.ts'
import { type CommandSpec, goOnUnheard, notJoined } from './command.ts'

export const spec: CommandSpec = {
  about:
    'What led through the tunnel leads nowhere then; "dynfarm leave" opens it again. On a hub that does not run: all that it has in force.',
  options: [['--dry-run', 'print the exact steps and change nothing']],
  examples: [['dynfarm down', "the unit's stop: the next join comes back as the same node"]],
  exits: [3, 71, 75, 77],
  run: async ({ options }, context) => {
    const { log, stateDir, onInterrupt } = context
    goOnUnheard(context)
    const { takeHubDown } = await import('../hub/retire.ts')
    const { goDown } = await import('../client/join.ts')
    const { version } = readBuild()
    const dryRun = options['dryRun'] === true
    const asked = { log, stateDir, version, dryRun, signal: onInterrupt() }
    const down: WentDown | undefined = (await takeHubDown(asked)) ?? (await goDown(asked))
    if (down === undefined) return notJoined
    const who = down.name === '' ? 'what this machine had' : `"${down.name}"`
    const lines = [
      down.changed ? `${who} is down` : 'nothing to do',
      ...(down.damage === undefined ? [] : [`${down.damage}; "dynfarm status" says what to do`]),
    ]
    const remark = lines.join('\n')
    return { text: '', json: down, ...(dryRun ? {} : { remark }) }
  },
}
