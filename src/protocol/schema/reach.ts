import {
  addresses,
  flag,
  hostName,
  nodeName,
  orNull,
  partName,
  port,
  siteName,
  slot,
  tolerant,
} from './vocabulary.ts'

export const tlsCryptKey = { type: 'string', maxLength: 4096 } as const

/** What src/profile makes of a configuration, in the spelling it has there. Durations and rates stay texts. */
export const quantity = { type: 'string', pattern: '^[0-9.]+[A-Za-z]*$', maxLength: 32 } as const
const traffic = {
  type: 'string',
  pattern: '^(icmp|(tcp|udp)/[0-9]+(-[0-9]+)?)$',
  maxLength: 16,
} as const
export const allowList = { type: 'array', items: traffic, maxItems: 256 } as const
export const hostNames = { type: 'array', items: hostName, maxItems: 256 } as const

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
      ...tlsCryptKey,
      description:
        "OpenVPN's tls-crypt-v2 client key: the one secret that the centre makes for a node.",
    }),
    tlsCryptShared: {
      ...tlsCryptKey,
      description: 'For OpenVPN before 2.5, instead: the tls-crypt key of all of these.',
    },
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
    quarantined: { ...flag, description: 'The hub leaves it ssh alone.' },
  },
} as const
