import { readBuild } from '../version.ts'
import { type CommandSpec, notJoined } from './command.ts'

export const spec: CommandSpec = {
  about: 'What led through the tunnel leads nowhere then; "dynfarm leave" opens it again.',
  options: [['--dry-run', 'print the exact steps and change nothing']],
  examples: [['dynfarm down', "the unit's stop: the next join comes back as the same node"]],
  exits: [3, 71, 77],
  run: async ({ options }, { log, stateDir, onInterrupt }) => {
    const { goDown } = await import('../client/join.ts')
    const { version } = readBuild()
    const dryRun = options['dryRun'] === true
    const down = await goDown({ log, stateDir, version, dryRun, signal: onInterrupt() })
    if (down === undefined) return notJoined
    const who = down.name === '' ? 'what this machine had of a tunnel' : `"${down.name}"`
    const lines = [
      down.changed ? `${who} is down` : 'nothing to do',
      ...(down.damage === undefined ? [] : [`${down.damage}; "dynfarm status" says what to do`]),
    ]
    const remark = lines.join('\n')
    return { text: '', json: down, ...(dryRun ? {} : { remark }) }
  },
}
