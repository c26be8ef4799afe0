import { type CommandSpec, notJoined, type Result } from './command.ts'

export const spec: CommandSpec = {
  examples: [
    ['dynfarm status', 'for a person'],
    ['dynfarm status --json', 'for a program'],
  ],
  exits: [3, 4, 77],
  run: async (_input, { stateDir }): Promise<Result> => {
    const { readStatus, renderStatus } = await import('../client/join.ts')
    const status = await readStatus({ stateDir })
    if (status === undefined) return notJoined
    const exit = status.state === 'ready' ? 0 : 4
    return { text: `${renderStatus(status)}`, json: status, exit }
  },
}
