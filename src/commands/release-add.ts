import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<file>', 'the executable']],
  options: [
    ['--key <file>', "the centre's release key"],
    ['--minimum <version>', 'refuse nodes older than this'],
  ],
  examples: [
    [
      'dynfarm release add dist/dynfarm --key /media/key/release.key',
      'nodes fetch it when their site says so',
    ],
  ],
  exits: [71, 75, 77, 78],
  run: notBuilt('release add'),
}
