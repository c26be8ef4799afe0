import { askServer } from '../client/admin/ask.ts'
import { renderTokens } from '../client/admin/tokens.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  examples: [
    ['dynfarm token list', 'what each is for, its uses and its end'],
    ['dynfarm token list --json', 'times in milliseconds since 1970'],
  ],
  exits: [75, 77],
  run: async (_, context) => {
    const { tokens } = await askServer(context, 'tokenList', {})
    return { text: renderTokens(tokens, Date.now()), json: { tokens } }
  },
}
