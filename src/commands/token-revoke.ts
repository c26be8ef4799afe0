import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<id>', 'the token, as "dynfarm token list" names it']],
  options: [['--with-nodes', 'revoke the nodes that joined by it too']],
  examples: [['dynfarm token revoke 3kTq', 'no machine can join with it any more']],
  exits: [75, 77],
  run: notBuilt('token revoke'),
}
