import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [['--site <site>', 'the site']],
  examples: [
    ['dynfarm cloud-init --site aruba > user-data', 'with a token that is one-use and short'],
  ],
  exits: [75, 77, 78],
  run: notBuilt('cloud-init'),
}
