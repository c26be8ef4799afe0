import { type CommandSpec, notBuilt, type Result, textsOption } from './command.ts'

export const spec: CommandSpec = {
  options: [
    ['--run', 'what this machine allows a job without root'],
    ['--server <url...>', 'with --run: try to reach this server (default: as join.yaml says)'],
  ],
  examples: [
    ['dynfarm doctor', 'clock, token, pin, tunnel, MTU, link and far host in turn'],
    ['dynfarm doctor --run', 'which mode "dynfarm run" would choose'],
  ],
  exits: [3, 4],
  run: async (input, context): Promise<Result> => {
    if (input.options['run'] !== true) return await notBuilt('doctor')(input, context)
    const { examineForRun, renderExamined } = await import('../run/doctor.ts')
    const { self, configDir } = context
    const servers = textsOption(input.options, 'server')
    const examined = await examineForRun({ self, configDir, servers })
    const text = renderExamined(examined)
    return { text, json: examined, exit: 0 }
  },
}
