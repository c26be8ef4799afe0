import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm token list', 'what each is for, its uses and its end']],
  exits: [75, 77],
  run: notBuilt('token list'),
}
