import { customisationSchema } from './customisation.ts'
import {
  addressOrPair,
  addressOrSeveral,
  allowList,
  count,
  duration,
  endpoint,
  hostName,
  hostNames,
  networkOrPair,
  networks,
  ownPath,
  partName,
  personName,
  port,
  rate,
  size,
  timeout,
} from './vocabulary.ts'

const serverLimits = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    body: { ...size, default: '64KiB', description: 'Largest body of a request.' },
    headers: { ...size, default: '16KiB', description: 'Largest headers of a request.' },
    'header-timeout': { ...timeout, default: '10s', description: 'Time to send the headers.' },
    'request-timeout': { ...timeout, default: '30s', description: 'Time to send a whole request.' },
    'idle-timeout': { ...timeout, default: '60s', description: 'Life of an unused connection.' },
    connections: { ...count, default: 4096, description: 'Connections open at once.' },
  },
} as const

const server = {
  type: 'object',
  additionalProperties: false,
  required: ['urls'],
  properties: {
    urls: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      description: 'What machines dial; several for several servers.',
      items: { type: 'string', format: 'https-url', examples: ['https://hub1.example.org:8443'] },
    },
    listen: { ...endpoint, default: '[::]:8443', description: 'Joins only.' },
    admin: {
      ...endpoint,
      default: '127.0.0.1:8444',
      description: 'Admin API, metrics and status page.',
    },
    database: {
      type: 'string',
      format: 'database',
      default: 'sqlite',
      examples: ['postgres://user@host/db?sslmode=verify-full'],
      description: 'sqlite, or the URL of a PostgreSQL database for several servers.',
    },
    'trusted-balancers': {
      ...networks,
      description: 'Load balancers whose PROXY protocol tells the true source of a connection.',
    },
    certificate: {
      type: 'object',
      additionalProperties: false,
      required: ['chain', 'key'],
      description: "From another authority, instead of one from the centre's own.",
      properties: {
        chain: {
          ...ownPath,
          examples: ['keys/server.pem'],
          description: 'A file with the certificate, then that of the authority that issued it.',
        },
        key: { ...ownPath, examples: ['keys/server.key'], description: 'Its private key, in PEM.' },
      },
    },
    limits: serverLimits,
    audit: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        keep: { ...duration, default: '180d', description: 'How long audit lines are kept.' },
        syslog: { type: 'boolean', default: false, description: 'Send them to syslog too.' },
      },
    },
  },
} as const

const hub = {
  type: 'object',
  additionalProperties: false,
  required: ['public', 'inner', 'local'],
  properties: {
    public: { ...addressOrPair, description: 'Where tunnels end, seen from the sites.' },
    inner: { ...addressOrPair, description: 'Its address inside the tunnels.' },
    local: { ...addressOrPair, description: "Where links begin, on the centre's network." },
    'from-nodes': {
      ...allowList,
      default: ['icmp'],
      description: 'What nodes may open towards its inner address.',
    },
    rootless: {
      type: 'boolean',
      default: false,
      description:
        'It runs as `dynfarm hub --rootless`: it ends OpenVPN alone, and has no links but masquerades to every service.',
    },
    socks: {
      ...port,
      description:
        'The TCP port of its public addresses where jobs without a network of their own (`run --mode socks`) reach their services.',
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        rx: { ...rate, description: 'Rate towards the nodes of all sites together.' },
        tx: { ...rate, description: 'Rate from the nodes of all sites together.' },
      },
    },
  },
} as const

const ownPublic = {
  ...addressOrPair,
  description: "An address of its own, instead of the hub's.",
} as const

const tunnel = {
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'hub', 'port'],
      properties: { kind: { const: 'wireguard' }, hub: partName, port, public: ownPublic },
    },
    {
      type: 'object',
      additionalProperties: false,
      required: ['kind', 'hub', 'proto', 'port'],
      properties: {
        kind: { const: 'openvpn' },
        hub: partName,
        proto: { enum: ['udp', 'tcp'] },
        port,
        public: ownPublic,
        'port-share': {
          ...endpoint,
          description: 'Where other TLS traffic to this tcp port is passed on to.',
        },
      },
    },
  ],
} as const

const service = {
  type: 'object',
  additionalProperties: false,
  required: ['address', 'from-nodes', 'to-nodes'],
  properties: {
    address: {
      ...addressOrSeveral,
      description: 'Its own address; or several, as of a failover pair.',
    },
    names: { ...hostNames, description: "For the nodes' /etc/hosts." },
    link: {
      enum: ['gre', 'vxlan', 'routed', 'local'],
      default: 'gre',
      description:
        'The path from the hub: gre; vxlan where only UDP passes; routed where the host cannot end a link and the hub masquerades; local on the hub itself.',
    },
    hubs: {
      type: 'array',
      items: partName,
      minItems: 1,
      uniqueItems: true,
      description: 'The hubs that hold a link to it; absent: all.',
    },
    'vxlan-port': { ...port, description: 'With `link: vxlan`, instead of 4789.' },
    'from-nodes': { ...allowList, description: 'What nodes may open towards it.' },
    'to-nodes': {
      anyOf: [{ type: 'string', enum: ['any'] }, allowList],
      description: 'What it may open towards nodes: any, or a list.',
    },
  },
} as const

export const centreSchema = {
  title: 'A centre of dynfarm',
  type: 'object',
  additionalProperties: false,
  required: ['centre', 'domain', 'server', 'nodes', 'hubs', 'tunnels', 'services'],
  properties: {
    centre: { ...personName, description: "The centre's name." },
    domain: { ...hostName, description: "The nodes' domain: aruba-1.DOMAIN." },
    server,
    nodes: {
      ...networkOrPair,
      description: 'All inner addresses: one range, or one of each family.',
    },
    hubs: { type: 'object', minProperties: 1, propertyNames: partName, additionalProperties: hub },
    'between-hubs': {
      enum: ['gre', 'vxlan'],
      default: 'gre',
      description: 'The links between several hubs: gre; vxlan where only UDP passes.',
    },
    tunnels: {
      type: 'object',
      minProperties: 1,
      propertyNames: partName,
      additionalProperties: tunnel,
    },
    services: { type: 'object', propertyNames: partName, additionalProperties: service },
    admins: {
      type: 'object',
      description: 'Root keys on nodes, one a person, usable only from the hubs.',
      default: {},
      propertyNames: personName,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        required: ['key'],
        properties: { key: { ...ownPath, description: 'A file with one OpenSSH public key.' } },
      },
    },
    defaults: {
      ...customisationSchema,
      default: {},
      description: 'Customisation that every site starts from.',
    },
    'log-flows': { type: 'boolean', default: false, description: 'Log new flows at the hubs.' },
  },
} as const
