import { askServer } from '../client/admin/ask.ts'
import { changedResult } from '../client/admin/changed.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<name>', 'who']],
  examples: [['dynfarm admin revoke anna', 'also on connections already open']],
  exits: [75, 77],
  run: async ({ args: [admin = ''] }, context) => {
    const answer = await askServer(context, 'adminRevoke', { params: { admin } })
    return changedResult(answer, { done: 'revoked', before: `"${admin}" was revoked before` })
  },
}
