import { askServer } from '../client/admin/ask.ts'
import { changedResult } from '../client/admin/changed.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about:
    'After the store was restored from a backup, older tokens are closed: how often they were used since is not known.',
  arguments: [['<id>', 'the token, as "dynfarm token list" names it']],
  examples: [['dynfarm token open 3kTqB0x9LmZ', 'machines may join with it again']],
  exits: [75, 77],
  run: async ({ args: [token = ''] }, context) => {
    const answer = await askServer(context, 'tokenOpen', { params: { token } })
    return changedResult(answer, { done: 'opened', before: `"${token}" was not closed` })
  },
}
