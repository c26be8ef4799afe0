import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  about:
    'Ends the tunnel and all sessions of a node at this hub, also with the server gone. The server is told when it is back, and no list of its brings the node back.',
  arguments: [['<node>', 'the node, as aruba-7']],
  examples: [['dynfarm hub revoke aruba-7', 'its tunnel and sessions end now']],
  exits: [69, 71, 75, 77, 78],
  run: async ({ args: [node = ''] }, { log, stateDir, access }) => {
    const { revokeAtHub } = await import('../hub/revoke.ts')
    const revoked = await revokeAtHub({ log, stateDir, ownState: access.ownState, node })
    const when =
      revoked.by === 'start' ? 'will be cut off when this hub runs again' : 'is cut off at this hub'
    return { text: '', json: revoked, remark: `node "${revoked.name}" ${when}` }
  },
}
