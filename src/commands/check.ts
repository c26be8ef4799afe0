import { loadProfile } from '../profile/load.ts'
import { renderProblems } from '../profile/problem.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['[dir]', 'the configuration folder (default: that of --config)']],
  examples: [['dynfarm check', 'every problem in every file, each with its place']],
  exits: [78],
  run: async ({ args: [dir] }, { configDir }) => {
    const { problems } = await loadProfile(dir ?? configDir)
    return {
      text: renderProblems(problems),
      json: { problems },
      exit: problems.length === 0 ? 0 : 78,
    }
  },
}
