import type { CommandSpec } from './command.ts'

/** Not for people: what `dynfarm remote put --relay` starts on a node that fetches from a sibling. */
export const spec: CommandSpec = {
  examples: [],
  exits: [71],
  run: async (_, { stateDir, stdin, log }) => {
    const { fetchHere } = await import('../client/relay/relay.ts')
    await fetchHere(stateDir, { stdin, write: (bytes) => log.stream(bytes, 'stdout') })
    return { text: '', json: undefined }
  },
}
