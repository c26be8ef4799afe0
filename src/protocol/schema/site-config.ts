import { hostNames, quantity } from './reach.ts'
import {
  address,
  flag,
  hostName,
  line,
  network,
  networks,
  personName,
  port,
  tolerant,
} from './vocabulary.ts'

const nodePath = { type: 'string', format: 'node-path', maxLength: 4096 } as const
const argument = { type: 'string', pattern: '^[^\\0]*$', maxLength: 65_536 } as const
const argv = { type: 'array', items: argument, minItems: 1, maxItems: 1024 } as const

const file = {
  title: 'NodeFile',
  ...tolerant,
  required: ['path', 'content', 'encoding'],
  properties: {
    path: nodePath,
    content: { type: 'string', maxLength: 8_388_608 },
    encoding: { type: 'string', enum: ['utf8', 'base64'] },
    mode: { type: 'string', pattern: '^[0-7]{3,4}$', maxLength: 4 },
    owner: { type: 'string', pattern: '^[A-Za-z0-9_.-]+(:[A-Za-z0-9_.-]+)?$', maxLength: 65 },
    secret: { ...flag, description: 'Not to be shown.' },
  },
} as const

const check = {
  title: 'Check',
  ...tolerant,
  required: ['name', 'run', 'timeout'],
  properties: { name: line, run: argv, timeout: quantity },
} as const

const command = {
  title: 'Command',
  ...tolerant,
  required: check.required,
  properties: { ...check.properties, undo: argv, unless: argv, creates: nodePath },
} as const

/** The customisation of one node, with all templates filled in. */
export const siteConfig = {
  title: 'SiteConfig',
  ...tolerant,
  required: [
    'nodes',
    'node-to-node',
    'hostname',
    'try',
    'hosts',
    'files',
    'commands',
    'checks',
    'admins',
    'update',
  ],
  properties: {
    nodes: { ...networks, description: 'The inner addresses of the whole centre.' },
    'node-to-node': flag,
    hostname: { type: 'string', enum: ['set', 'keep'] },
    try: quantity,
    proxy: { type: 'string', pattern: '^http://[^\\s/]+/?$', maxLength: 300 },
    hosts: {
      type: 'array',
      maxItems: 65_536,
      items: {
        ...tolerant,
        required: ['address', 'names'],
        properties: { address, names: hostNames },
      },
    },
    files: { type: 'array', items: file, maxItems: 1024 },
    commands: { type: 'array', items: command, maxItems: 1024 },
    checks: { type: 'array', items: check, maxItems: 1024 },
    labels: {
      type: 'array',
      maxItems: 256,
      items: {
        ...tolerant,
        required: ['name', 'value'],
        properties: { name: personName, value: hostName },
      },
    },
    admins: {
      type: 'array',
      description: 'Keys of root on the node.',
      maxItems: 1024,
      items: {
        ...tolerant,
        required: ['name', 'key'],
        properties: { name: personName, key: { ...line, maxLength: 8192 } },
      },
    },
    update: { type: 'string', enum: ['self', 'package', 'off'] },
    relay: { ...tolerant, required: ['network', 'port'], properties: { network, port } },
  },
} as const
