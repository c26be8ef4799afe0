import type { Profile } from '../../profile/types.ts'
import type { NodeState } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { Handlers } from '../call.ts'
import { type HeldAt, heldBy, usesAtHubs } from '../hubs/site-use.ts'
import { findNode } from './find-node.ts'
import { renderBrief, renderNode, renderSummary, withHeld, withPlace } from './node-answer.ts'
import { checkSees, onlySite, personOf } from './person.ts'

export const nodeHandlers = {
  nodeList: async ({ caller, query: { site, state, keys } }, { store, profile }) => {
    const person = personOf({ caller })
    if (site !== undefined) checkSees(person, site)
    const filter = { ...(site !== undefined && { site }), ...onlySite(person) }
    const wanted = state === undefined ? {} : { state, freed: isOver(state) }
    return store.read(async (reads) => {
      const heldAt = await readHeld(reads, profile())
      const condition = { ...filter, ...wanted }
      const nodes =
        keys === 'ssh'
          ? (await reads.nodes.list(condition)).map(renderSummary)
          : (await reads.nodes.briefs(condition)).map(renderBrief)
      return { nodes: nodes.map((node) => withPlace(withHeld(node, heldAt), profile())) }
    })
  },

  nodeShow: async (call, { store, profile }) => {
    const current = profile()
    const { domain } = current.centre
    const known = await store.read(async (reads) => {
      const node = await findNode(reads, call.params['node'] ?? '', personOf(call))
      const sighting = await reads.nodes.sighting(node.id)
      const token = node.token === null ? undefined : await reads.tokens.byId(node.token)
      const heldAt = await readHeld(reads, current)
      return { node, sighting, heldAt, tokenCreatedBy: token?.createdBy ?? null }
    })
    return withPlace(withHeld(renderNode({ ...known, domain }), known.heldAt), current)
  },
} satisfies Handlers

async function readHeld({ hosts }: Reads, profile: Profile): Promise<HeldAt> {
  return heldBy(usesAtHubs(await hosts.list({ role: 'hub' }), profile))
}

/** Nodes that are no more are listed to who asks for them. */
function isOver(state: NodeState): boolean {
  return state === 'left' || state === 'forgotten'
}
