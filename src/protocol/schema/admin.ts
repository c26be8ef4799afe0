import { count, flag, hostileLine, networks, siteName, time, tolerant } from './vocabulary.ts'

export const done = {
  title: 'Done',
  ...tolerant,
  required: ['changed'],
  properties: {
    changed: { type: 'array', items: hostileLine, maxItems: 100_000, description: 'Names or ids.' },
  },
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
