import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [
    ['--follow', 'go on as it happens'],
    ['--address <address>', 'who had this address'],
    ['--at <time>', 'at this time'],
  ],
  examples: [
    ['dynfarm audit --follow', 'live'],
    ['dynfarm audit --address 10.200.1.7 --at 2026-03-01T12:00Z', 'who was this then'],
  ],
  exits: [75, 77],
  run: notBuilt('audit'),
}
