import { text } from 'node:stream/consumers'
import type { CommandSpec, Result } from './command.ts'

/** Not for people: what `dynfarm run` starts within the namespaces that hold a job's network. */
export const spec: CommandSpec = {
  examples: [],
  exits: [69, 71, 75, 77],
  run: async (_, { log, stdin, onInterrupt }): Promise<Result> => {
    const { holdNetwork } = await import('../run/inside.ts')
    const order = text(stdin).then((written) => JSON.parse(written))
    const held = await holdNetwork(order, { log, signal: onInterrupt() })
    return { text: '', json: held }
  },
}
