import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<name>', 'who']],
  options: [
    ['--role <role>', 'what they may do', ['viewer', 'operator', 'admin']],
    ['--site <site>', 'only for this site'],
  ],
  examples: [['dynfarm admin create anna --role admin', 'writes anna.dfadmin, her bundle']],
  exits: [71, 75, 77],
  run: notBuilt('admin create'),
}
