import { runInit } from '../client/init.ts'
import { type CommandSpec, textOption } from './command.ts'

export const spec: CommandSpec = {
  about: 'Refuses to overwrite anything; interrupted or failed half-way, it leaves nothing.',
  arguments: [['[dir]', 'the folder to make it in (default: that of --config)']],
  options: [['--centre <name>', "the centre's name (default: example)"]],
  examples: [
    ['dynfarm init ./centre --centre cnaf', 'then edit it, and "dynfarm check ./centre"'],
    ['dynfarm init', 'in /etc/dynfarm'],
  ],
  exits: [71, 75, 77],
  run: async ({ args: [dir], options }, context) => {
    const { log, configDir, stateDir } = context
    const done = await runInit({
      dir: dir ?? configDir,
      centre: textOption(options, 'centre'),
      stateDir,
      log: { info: log.debug, debug: log.debug },
      signal: context.onInterrupt(),
    })
    const steps = done.nextSteps.map((step) => `${step}\n`).join('')
    return { text: steps, json: done, remark: `made "${done.dir}" with ${done.files.length} files` }
  },
}
