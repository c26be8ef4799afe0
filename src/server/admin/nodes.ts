import type { NodeState } from '../../protocol/records.ts'
import type { Handlers } from '../call.ts'
import { findNode } from './find-node.ts'
import { renderBrief, renderNode, renderSummary } from './node-answer.ts'
import { checkSees, onlySite, personOf } from './person.ts'

export const nodeHandlers = {
  nodeList: async ({ caller, query: { site, state, keys } }, { store }) => {
    const person = personOf({ caller })
    if (site !== undefined) checkSees(person, site)
    const filter = { ...(site !== undefined && { site }), ...onlySite(person) }
    const wanted = state === undefined ? {} : { state, freed: isOver(state) }
    return store.read(async ({ nodes }) =>
      keys === 'ssh'
        ? { nodes: (await nodes.list({ ...filter, ...wanted })).map(renderSummary) }
        : { nodes: (await nodes.briefs({ ...filter, ...wanted })).map(renderBrief) },
    )
  },

  nodeShow: async (call, { store, profile }) => {
    const { domain } = profile().centre
    const known = await store.read(async (reads) => {
      const node = await findNode(reads, call.params['node'] ?? '', personOf(call))
      const sighting = await reads.nodes.sighting(node.id)
      const token = node.token === null ? undefined : await reads.tokens.byId(node.token)
      return { node, sighting, tokenCreatedBy: token?.createdBy ?? null }
    })
    return renderNode({ ...known, domain })
  },
} satisfies Handlers

/** Nodes that are no more are listed to who asks for them. */
function isOver(state: NodeState): boolean {
  return state === 'left' || state === 'forgotten'
}
