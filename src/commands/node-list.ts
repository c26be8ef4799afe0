import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [
    ['--site <site>', 'only this site'],
    ['--only <state>', 'only nodes in this state'],
  ],
  examples: [
    ['dynfarm node list', 'all of them'],
    ['dynfarm node list --site aruba --json', 'one line a node'],
  ],
  exits: [75, 77],
  run: notBuilt('node list'),
}
