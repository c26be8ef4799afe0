import { customisation } from './customisation.ts'
import {
  count,
  duration,
  network,
  networkOrPair,
  networks,
  ownPath,
  partName,
  port,
  rate,
  siteName,
  timeout,
} from './vocabulary.ts'

const serviceList = { type: 'array', items: partName, uniqueItems: true } as const

const classSchema = {
  type: 'object',
  description: 'A kind of node within the site, laid over it for tokens of this class.',
  additionalProperties: false,
  properties: {
    services: { ...serviceList, description: "The services of this class, instead of the site's." },
    ...customisation,
  },
} as const

const limits = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    nodes: { ...count, description: 'Slots. Absent: as many as the range holds.' },
    rx: { ...rate, description: 'Rate towards all nodes of the site together, at the hub.' },
    tx: { ...rate, description: 'Rate from all nodes of the site together, at the hub.' },
    connections: { ...count, description: 'Open connections of one node through the hub.' },
  },
} as const

const ec2 = {
  type: 'object',
  description: "Amazon's signed identity document: proves what a machine says of itself.",
  additionalProperties: false,
  required: ['accounts', 'regions', 'certificate'],
  properties: {
    accounts: {
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[0-9]{12}$',
        patternErrorMessage: 'an account is twelve digits in quotes',
        examples: ['123456789012'],
      },
      minItems: 1,
      uniqueItems: true,
    },
    regions: {
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[a-z]+(-[a-z]+)+-[0-9]+$',
        patternErrorMessage: 'a region looks like "eu-west-1"',
        examples: ['eu-west-1'],
      },
      minItems: 1,
      uniqueItems: true,
    },
    certificate: { ...ownPath, description: 'What the document is signed by, as PEM.' },
    'max-age': { ...duration, default: '10m', description: 'The oldest document that counts.' },
  },
} as const

const release = {
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    version: {
      type: 'string',
      pattern: '^(latest|[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.]+)?)$',
      patternErrorMessage: 'a version is "latest" or like "1.2.3"',
      default: 'latest',
      description: 'What the nodes run; a version pins the site.',
    },
    update: {
      enum: ['self', 'package', 'off'],
      default: 'self',
      description: 'Who brings the node up to date: dynfarm, the package manager, nobody.',
    },
  },
} as const

export const siteSchema = {
  title: 'A site of dynfarm',
  type: 'object',
  additionalProperties: false,
  required: ['site', 'nodes', 'tunnels', 'services'],
  properties: {
    site: { ...siteName, description: "The site's name, the same as the file's." },
    nodes: {
      ...networkOrPair,
      description:
        'Inner addresses of the nodes: node N has the N-th. One range, or one of each family.',
    },
    limits,
    match: {
      type: 'object',
      additionalProperties: false,
      required: ['source'],
      properties: {
        source: { ...networks, description: 'Where join requests of this site come from.' },
      },
    },
    tunnels: {
      type: 'array',
      minItems: 1,
      description: 'The ladder: tried in this order. A list within it is a rung of equal tunnels.',
      items: { anyOf: [partName, { type: 'array', items: partName, minItems: 1 }] },
      examples: [['wg', 'udp', 'tcp']],
    },
    try: {
      ...timeout,
      default: '10s',
      description: 'What each rung gets before the next is tried.',
    },
    services: { ...serviceList, description: 'What the nodes may reach.' },
    ...customisation,
    classes: {
      type: 'object',
      propertyNames: partName,
      additionalProperties: classSchema,
      default: {},
    },
    release,
    enrol: {
      enum: ['token', 'source'],
      default: 'token',
      description: 'source: machines without a token wait for `dynfarm node approve`.',
    },
    identity: { type: 'object', additionalProperties: false, properties: { ec2 } },
    clones: {
      enum: ['refuse', 'pending', 'new'],
      default: 'refuse',
      description: 'What a copy of a machine that has joined gets.',
    },
    'node-to-node': {
      type: 'boolean',
      default: false,
      description: 'Whether nodes of this site may reach each other through the hub.',
    },
    'log-flows': { type: 'boolean', description: 'Log new flows; absent: as centre.yaml says.' },
    'forget-after': {
      ...duration,
      default: '7d',
      description: 'Silence after which a node is forgotten and its slot freed.',
    },
    quarantine: { ...duration, default: '1h', description: 'How long a freed slot rests.' },
    certificates: { ...duration, default: '5y', description: "Life of a node's certificate." },
    proxy: {
      type: 'string',
      format: 'proxy',
      examples: ['http://10.1.2.3:3128'],
      description: 'HTTP proxy that the tcp rungs go through.',
    },
    relay: {
      type: 'object',
      additionalProperties: false,
      required: ['network'],
      description: 'Where nodes of the site reach each other directly, for `remote put --relay`.',
      properties: { network, port: { ...port, default: 7788 } },
    },
    jobs: {
      ...networkOrPair,
      description: 'Inner addresses of `dynfarm run` jobs, a range of their own.',
    },
  },
} as const
