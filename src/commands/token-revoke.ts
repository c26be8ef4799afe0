import { askServer } from '../client/admin/ask.ts'
import { changedResult } from '../client/admin/changed.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<id>', 'the token, as "dynfarm token list" names it']],
  options: [['--with-nodes', 'revoke the nodes that joined by it too']],
  examples: [
    ['dynfarm token revoke 3kTqB0x9LmZ', 'no machine can join with it any more'],
    ['dynfarm token revoke 3kTqB0x9LmZ --with-nodes', 'nor stay that joined by it'],
  ],
  exits: [75, 77],
  run: async ({ args: [token = ''], options }, context) => {
    const body = { withNodes: options['withNodes'] === true }
    const answer = await askServer(context, 'tokenRevoke', { params: { token }, body })
    return changedResult(answer, { done: 'revoked', before: `"${token}" was revoked before` })
  },
}
