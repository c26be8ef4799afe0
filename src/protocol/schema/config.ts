import {
  address,
  addresses,
  count,
  flag,
  hostName,
  line,
  network,
  networks,
  nodeName,
  orNull,
  partName,
  personName,
  port,
  siteName,
  slot,
  tolerant,
} from './vocabulary.ts'

/** What src/profile makes of a configuration, in the spelling it has there. Durations and rates stay texts. */
const quantity = { type: 'string', pattern: '^[0-9.]+[A-Za-z]*$', maxLength: 32 } as const
const traffic = {
  type: 'string',
  pattern: '^(icmp|(tcp|udp)/[0-9]+(-[0-9]+)?)$',
  maxLength: 16,
} as const
export const allowList = { type: 'array', items: traffic, maxItems: 256 } as const
const hostNames = { type: 'array', items: hostName, maxItems: 256 } as const

export const tunnelEnd = {
  title: 'TunnelEnd',
  ...tolerant,
  required: ['name', 'kind', 'proto', 'hub', 'addresses', 'port', 'tlsCrypt'],
  properties: {
    name: partName,
    kind: { type: 'string', enum: ['wireguard', 'openvpn'] },
    proto: { type: 'string', enum: ['udp', 'tcp'] },
    hub: partName,
    addresses: { ...addresses, description: 'Where to dial.' },
    port,
    tlsCrypt: orNull({
      type: 'string',
      maxLength: 4096,
      description:
        "OpenVPN's tls-crypt-v2 client key: the one secret that the centre makes for a node.",
    }),
  },
} as const

export const rungs = {
  type: 'array',
  description:
    'The ladder, in the order to be tried; within a rung, the first choice of this node first.',
  maxItems: 32,
  items: { type: 'array', items: tunnelEnd, maxItems: 32 },
} as const

export const services = {
  type: 'array',
  maxItems: 256,
  items: {
    title: 'ServiceUse',
    ...tolerant,
    required: ['name', 'addresses', 'names', 'from-nodes', 'to-nodes'],
    properties: {
      name: partName,
      addresses,
      names: hostNames,
      'from-nodes': allowList,
      'to-nodes': { anyOf: [{ type: 'string', enum: ['any'] }, allowList] },
    },
  },
} as const

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

/** Who the machine is now. */
export const nodeSelf = {
  title: 'NodeSelf',
  ...tolerant,
  required: ['id', 'role', 'name', 'fqdn', 'site', 'class', 'slot', 'addresses'],
  properties: {
    id: { type: 'string', pattern: '^[0-9A-Za-z_-]+$', maxLength: 64 },
    role: { type: 'string', enum: ['node', 'job'] },
    name: nodeName,
    fqdn: hostName,
    site: siteName,
    class: orNull(partName),
    slot,
    addresses: { ...addresses, description: 'Its inner addresses, IPv4 first.' },
  },
} as const

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
    sites: { type: 'array', items: siteRules, maxItems: 1024 },
  },
} as const
