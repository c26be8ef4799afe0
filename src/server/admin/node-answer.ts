import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { JsonObject, NodeRecord, NodeSummary, Sighting } from '../../protocol/records.ts'

type ListedNode = AnswerOf<'nodeList'>['nodes'][number]
type ShownNode = AnswerOf<'nodeShow'>

/** A node as lists have it. */
export function renderSummary(node: NodeSummary): ListedNode {
  const { machine: _, changedSshHostKeys, report, health, addresses, sshHostKeys, ...plain } = node
  return {
    ...plain,
    addresses: addresses as string[],
    sshHostKeys: sshHostKeys as string[],
    rung: textIn(health, 'rung') ?? textIn(report, 'rung'),
    outer: (health?.['outer'] as ListedNode['outer']) ?? null,
    version: textIn(report, 'version'),
    hostKeysChanged: changedSshHostKeys !== null,
  }
}

export interface Known {
  node: NodeRecord
  sighting: Sighting | undefined
  domain: string
  tokenCreatedBy: string | null
}

/** All that is known of a node. */
export function renderNode({ node, sighting, domain, tokenCreatedBy }: Known): ShownNode {
  const { facts, report, machine, name, changedSshHostKeys, ...rest } = node
  const lastSeen = sighting?.at ?? null
  const known = { ...rest, name, machine, changedSshHostKeys, report, lastSeen }
  return {
    ...renderSummary({ ...known, health: sighting?.health ?? null }),
    fqdn: name === null ? null : `${name}.${domain}`,
    facts: facts as ShownNode['facts'],
    identity: { ...machine },
    changedSshHostKeys: changedSshHostKeys as string[] | null,
    ...(report !== null && { report: report as unknown as NonNullable<ShownNode['report']> }),
    tokenCreatedBy,
  }
}

function textIn(object: JsonObject | null, field: string): string | null {
  const value = object?.[field]
  return typeof value === 'string' ? value : null
}
