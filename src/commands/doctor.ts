import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [['--run', 'what this machine allows a job without root']],
  examples: [
    ['dynfarm doctor', 'clock, token, pin, tunnel, MTU, link and far host in turn'],
    ['dynfarm doctor --run', 'which mode "dynfarm run" would choose'],
  ],
  exits: [3, 4],
  run: notBuilt('doctor'),
}
