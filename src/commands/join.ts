import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  about: 'Meant to run once at boot; running it again changes nothing.',
  options: [
    ['--server <url>', 'the server to ask (default: as join.yaml says)'],
    ['--token <token>', 'what lets this machine join'],
    ['--token-file <file>', 'a file with the token'],
    ['--dry-run', 'print the exact steps and change nothing'],
  ],
  examples: [
    [
      'dynfarm join --server https://hub1.example.org:8443 --token-file /root/token',
      'join for the first time',
    ],
    ['dynfarm join', 'again, with the identity it has'],
    ['dynfarm join --dry-run', 'what would be done'],
  ],
  exits: [69, 71, 75, 77, 78],
  run: notBuilt('join'),
}
