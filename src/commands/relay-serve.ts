import type { CommandSpec } from './command.ts'

/** Not for people: what `dynfarm remote put --relay` starts on the node that the others fetch from. */
export const spec: CommandSpec = {
  examples: [],
  exits: [71],
  run: async (_, { stateDir, stdin, log, onInterrupt }) => {
    const { serveHere } = await import('../client/relay/relay.ts')
    const onServing = (serving: object) =>
      log.stream(Buffer.from(`${JSON.stringify(serving)}\n`), 'stdout')
    await serveHere(stateDir, { stdin, onServing, signal: onInterrupt() })
    return { text: '', json: undefined }
  },
}
