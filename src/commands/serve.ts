import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  about: 'Runs until it is stopped; SIGHUP or "dynfarm reload" reads the configuration again.',
  examples: [
    ['dynfarm serve', 'as the systemd unit dynfarm-server runs it'],
    ['dynfarm serve --config ./centre', 'with a configuration elsewhere'],
  ],
  exits: [69, 71, 78],
  run: notBuilt('serve'),
}
