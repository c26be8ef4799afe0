import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  about: 'Resident: follows the server, keeps its own copy, and converges to it.',
  options: [['--rootless', 'in a user and network namespace, for a host without root']],
  examples: [
    ['dynfarm hub', 'as the systemd unit dynfarm-hub runs it'],
    ['dynfarm hub --rootless', 'on a host where you are not root'],
  ],
  exits: [69, 71, 75, 77, 78],
  run: notBuilt('hub'),
}
