import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [],
  exits: [],
  run: notBuilt('check'),
}
