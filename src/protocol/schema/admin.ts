import { hubUse, siteUse } from './limit-use.ts'
import {
  count,
  flag,
  hostileLine,
  networks,
  partName,
  siteName,
  time,
  tolerant,
} from './vocabulary.ts'

export const done = {
  title: 'Done',
  ...tolerant,
  required: ['changed'],
  properties: {
    changed: { type: 'array', items: hostileLine, maxItems: 100_000, description: 'Names or ids.' },
  },
} as const

const { site: _, ...useAtHub } = siteUse.properties

const limits = {
  ...tolerant,
  description: 'As configured, in bits a second, at each hub.',
  properties: { rx: count, tx: count },
} as const

export const siteList = {
  title: 'SiteList',
  ...tolerant,
  required: ['sites'],
  properties: {
    sites: {
      type: 'array',
      maxItems: 1024,
      items: {
        title: 'Site',
        ...tolerant,
        required: ['site', 'nodes', 'slots', 'taken'],
        properties: {
          site: siteName,
          nodes: networks,
          slots: count,
          taken: count,
          ready: count,
          pending: count,
          limits,
          hubs: {
            type: 'array',
            maxItems: 64,
            description: 'What each hub said last of these limits.',
            items: {
              ...siteUse,
              title: 'SiteUseAtHub',
              required: ['hub'],
              properties: { hub: partName, at: time, ...useAtHub },
            },
          },
        },
      },
    },
    hubs: {
      type: 'array',
      maxItems: 64,
      description:
        'Hubs that have limits of their own, and what each said last of them; not for administrators of one site.',
      items: {
        ...hubUse,
        title: 'LimitedHub',
        required: ['hub', 'limits'],
        properties: {
          hub: partName,
          limits: { ...limits, description: 'As configured, in bits a second.' },
          at: time,
          ...hubUse.properties,
        },
      },
    },
  },
} as const

export const health = {
  title: 'Health',
  ...tolerant,
  required: ['ok', 'time'],
  properties: {
    ok: flag,
    time,
    problems: { type: 'array', items: hostileLine, maxItems: 100 },
  },
} as const
