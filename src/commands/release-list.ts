import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm release list', 'version, platform, hash, end']],
  exits: [75, 77],
  run: notBuilt('release list'),
}
