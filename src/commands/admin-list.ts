import { renderAdmins } from '../client/admin/admins.ts'
import { askServer } from '../client/admin/ask.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm admin list', 'what each may do, and who made them']],
  exits: [75, 77],
  run: async (_, context) => {
    const { admins } = await askServer(context, 'adminList', {})
    return { text: renderAdmins(admins), json: { admins } }
  },
}
