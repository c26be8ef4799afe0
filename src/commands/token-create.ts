import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [
    ['--site <site>', 'the site whose machines may use it'],
    ['--class <class>', 'a class of that site'],
    ['--role <role>', 'for a host of the centre instead', ['hub', 'service']],
    ['--name <name>', 'which hub or service'],
    ['--uses <n>', 'how many machines may use it'],
    ['--ttl <duration>', 'how long it lasts, as 2h or 7d'],
    ['--source <network...>', 'where its machines come from'],
    ['--slot <n>', 'the one slot it gives'],
  ],
  examples: [
    ['dynfarm token create --site aruba --uses 10 --ttl 2h', 'for ten machines within two hours'],
    ['dynfarm token create --role service --name ce', 'for the service host ce'],
  ],
  exits: [71, 75, 77, 78],
  run: notBuilt('token create'),
}
