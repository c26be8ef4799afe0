import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<nodeset...>', 'node sets']],
  options: [
    ['-e, --expand', 'one name each'],
    ['-f, --fold', 'the shortest form'],
    ['-c, --count', 'how many'],
  ],
  examples: [['dynfarm remote nodeset -f aruba-1 aruba-2', 'aruba-[1-2]']],
  exits: [],
  run: notBuilt('remote nodeset'),
}
