import type { FromSchema } from 'json-schema-to-ts'
import { allowList, quantity, services, tlsCryptKey, tunnelEnd } from './reach.ts'
import {
  addresses,
  count,
  flag,
  hostName,
  networks,
  partName,
  personName,
  port,
  siteName,
  tolerant,
} from './vocabulary.ts'

const hubTunnel = {
  title: 'HubTunnel',
  ...tolerant,
  required: ['name', 'kind', 'proto', 'addresses', 'port'],
  properties: {
    name: partName,
    kind: tunnelEnd.properties.kind,
    proto: tunnelEnd.properties.proto,
    addresses,
    port,
    tlsCrypt: {
      ...tolerant,
      description: 'Secrets of an OpenVPN tunnel, without which nobody is answered.',
      required: ['server', 'shared'],
      properties: {
        server: { ...tlsCryptKey, description: 'Its tls-crypt-v2 server key.' },
        shared: { ...tlsCryptKey, description: 'Its tls-crypt key, for nodes before OpenVPN 2.5.' },
      },
    },
    'port-share': { type: 'string', pattern: '^[0-9A-Za-z.:\\[\\]]+$', maxLength: 64 },
  },
} as const

const link = {
  title: 'Link',
  ...tolerant,
  required: ['hub', 'service', 'kind', 'key'],
  properties: {
    hub: partName,
    service: partName,
    kind: { type: 'string', enum: ['gre', 'vxlan', 'routed', 'local'] },
    key: { type: 'integer', minimum: 1, maximum: 0xffff_ffff },
    'vxlan-port': port,
  },
} as const

const peer = {
  title: 'Peer',
  ...tolerant,
  required: ['hub', 'kind', 'key'],
  properties: {
    hub: partName,
    kind: { type: 'string', enum: ['gre', 'vxlan'] },
    key: link.properties.key,
  },
} as const

const siteRules = {
  title: 'SiteRules',
  ...tolerant,
  required: ['site', 'nodes', 'jobs', 'services', 'classes', 'node-to-node', 'log-flows'],
  properties: {
    site: siteName,
    nodes: networks,
    jobs: networks,
    services: { type: 'array', items: partName, maxItems: 256 },
    classes: {
      type: 'array',
      maxItems: 256,
      items: {
        ...tolerant,
        required: ['name', 'services'],
        properties: { name: partName, services: { type: 'array', items: partName, maxItems: 256 } },
      },
    },
    'node-to-node': flag,
    'log-flows': flag,
    rx: quantity,
    tx: quantity,
    connections: count,
  },
} as const

/** What a hub or a service host must know of the configuration; a service host sees its own links alone. */
export const centreConfig = {
  title: 'CentreConfig',
  ...tolerant,
  required: ['centre', 'domain', 'nodes', 'hubs', 'tunnels', 'services', 'links', 'sites'],
  properties: {
    centre: personName,
    domain: hostName,
    nodes: networks,
    hubs: {
      type: 'array',
      maxItems: 64,
      items: {
        ...tolerant,
        required: ['name', 'inner', 'local', 'public', 'from-nodes'],
        properties: {
          name: partName,
          inner: addresses,
          local: addresses,
          public: addresses,
          'from-nodes': allowList,
          rootless: { ...flag, description: 'Without links, and with OpenVPN alone.' },
          socks: { ...port, description: 'Where jobs without a network of their own come.' },
          rx: { ...quantity, description: 'Towards all nodes at this hub together.' },
          tx: { ...quantity, description: 'From all nodes at this hub together.' },
        },
      },
    },
    tunnels: {
      type: 'array',
      items: hubTunnel,
      maxItems: 64,
      description: 'That end at this hub.',
    },
    services: services,
    links: { type: 'array', items: link, maxItems: 1024, description: 'That end at this host.' },
    peers: {
      type: 'array',
      items: peer,
      maxItems: 63,
      description: 'Of a hub: the others, and the links to them.',
    },
    sites: { type: 'array', items: siteRules, maxItems: 1024 },
  },
} as const

export type CentreConfig = FromSchema<typeof centreConfig>
