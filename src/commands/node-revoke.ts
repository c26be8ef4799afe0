import { actOnNodes } from '../client/admin/node-acts.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about: 'Shuts hubs and service hosts out as well, by their names.',
  arguments: [['<node...>', 'the nodes']],
  options: [['--quarantine', 'leave only ssh from the hub']],
  examples: [
    ['dynfarm node revoke aruba-7', 'within two seconds at every connected hub'],
    ['dynfarm node revoke aruba-7 aruba-8 --quarantine', 'to look at them first'],
  ],
  exits: [75, 77],
  run: ({ args, options }, context) => {
    const quarantine = options['quarantine'] === true
    const body = quarantine ? { quarantine } : {}
    return actOnNodes(
      args,
      {
        ask: (client, node) => client.request('nodeRevoke', { params: { node }, body }),
        done: quarantine ? 'quarantined' : 'revoked',
        before: quarantine ? 'was in quarantine before' : 'was revoked before',
      },
      context,
    )
  },
}
