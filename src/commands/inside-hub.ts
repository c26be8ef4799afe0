import { readBuild } from '../version.ts'
import type { CommandSpec, Result } from './command.ts'

/** Not for people: what `dynfarm hub --rootless` starts within the namespaces that it ends tunnels in. */
export const spec: CommandSpec = {
  examples: [],
  exits: [64, 69, 71, 75, 77, 78],
  run: async (_, { log, stdin }): Promise<Result> => {
    const { runInside } = await import('../hub/rootless/inside.ts')
    const { version, platform } = readBuild()
    await runInside(stdin, { log, version, platform })
    return { text: '', json: undefined }
  },
}
