import { count, hostileLine, siteName, tolerant } from './vocabulary.ts'

const limitUse = {
  title: 'LimitUse',
  ...tolerant,
  description: 'Rates are bits a second. All but the limit is of the last five minutes.',
  required: ['limit', 'peak', 'average', 'dropped'],
  properties: {
    limit: count,
    peak: { ...count, description: 'Of the fullest five seconds.' },
    average: count,
    dropped: { ...count, description: 'Packets.' },
  },
} as const

/** rx is towards the nodes, tx from them. */
export const limitUses = { rx: limitUse, tx: limitUse } as const

/** Of all nodes at the hub together. */
export const hubUse = {
  title: 'HubUse',
  ...tolerant,
  properties: {
    held: { ...hostileLine, description: 'All nodes are held back: why its limits do not stand.' },
    ...limitUses,
  },
} as const

export const siteUse = {
  title: 'SiteUse',
  ...tolerant,
  required: ['site'],
  properties: {
    site: siteName,
    held: { ...hostileLine, description: 'Its nodes are held back: why its limits do not stand.' },
    ...limitUses,
  },
} as const
