/**
 * The words that both files of the configuration are made of. Each `format` is checked by
 * src/profile/formats.ts; `patternErrorMessage` is what editors and `dynfarm check` say of a bad name.
 * Where `anyOf` stands, its branches differ in their JSON type: load relies on it to name one problem, not all.
 */

/** A name that becomes part of a device's, `gre-NAME`, which the kernel keeps to 15 characters. */
export const partName = {
  type: 'string',
  pattern: '^[a-z](-?[a-z0-9])*$',
  patternErrorMessage:
    'a name has lower-case letters, digits and inner hyphens, and begins with a letter',
  maxLength: 11,
} as const

/** SITE-N and SITE-job-N never collide, because a site's name has no hyphen. */
export const siteName = {
  type: 'string',
  pattern: '^[a-z][a-z0-9]*$',
  patternErrorMessage: 'a site name has lower-case letters and digits, and begins with a letter',
  maxLength: 12,
} as const

export const personName = {
  type: 'string',
  pattern: '^[a-z_][a-z0-9_.-]*$',
  patternErrorMessage:
    'a name has lower-case letters, digits, ".", "_" and "-", and begins with a letter',
  maxLength: 32,
} as const

export const labelText = {
  type: 'string',
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$',
  patternErrorMessage: 'a label has letters, digits, ".", "_" and "-"',
  maxLength: 63,
  examples: ['rack-a'],
} as const

export const line = { type: 'string', format: 'line', minLength: 1 } as const
export const hostName = {
  type: 'string',
  format: 'hostname',
  examples: ['ce01.example.org'],
} as const
export const hostNames = { type: 'array', items: hostName, minItems: 1, uniqueItems: true } as const

export const address = { type: 'string', format: 'address', examples: ['192.0.2.22'] } as const
export const network = { type: 'string', format: 'network', examples: ['10.200.0.0/16'] } as const
export const networks = { type: 'array', items: network, minItems: 1, uniqueItems: true } as const

/** One, or one of each family. */
export const addressOrPair = {
  anyOf: [address, { type: 'array', items: address, minItems: 2, maxItems: 2 }],
} as const
export const networkOrPair = {
  anyOf: [network, { type: 'array', items: network, minItems: 2, maxItems: 2 }],
} as const
export const addressOrSeveral = {
  anyOf: [address, { type: 'array', items: address, minItems: 1, uniqueItems: true }],
} as const

export const port = { type: 'integer', minimum: 1, maximum: 65535, examples: [1194] } as const
export const count = { type: 'integer', minimum: 1, examples: [100] } as const
export const endpoint = { type: 'string', format: 'endpoint', examples: ['[::]:8443'] } as const

/** What a rule lets through: `tcp/9618`, `udp/1024-65535`, `icmp` (of either family). */
export const traffic = { type: 'string', format: 'traffic', examples: ['tcp/9618'] } as const
export const allowList = { type: 'array', items: traffic, uniqueItems: true } as const

export const duration = { type: 'string', format: 'duration', examples: ['7d'] } as const
/** A duration that a timer can hold. */
export const timeout = { type: 'string', format: 'timeout', examples: ['60s'] } as const
export const rate = { type: 'string', format: 'rate', examples: ['500Mbit'] } as const
export const size = { type: 'string', format: 'size', examples: ['64KiB'] } as const

/** A path on a node. */
export const nodePath = { type: 'string', format: 'node-path', examples: ['/etc/motd'] } as const
/** A path inside the configuration folder. */
export const ownPath = { type: 'string', format: 'own-path', examples: ['files/motd'] } as const
export const mode = { type: 'string', format: 'mode', examples: ['0644'] } as const
export const owner = { type: 'string', format: 'owner', examples: ['root:root'] } as const

/** A program and its arguments; no shell is involved. */
export const argv = {
  type: 'array',
  items: { type: 'string', format: 'argument' },
  minItems: 1,
  examples: [['systemctl', 'start', 'lsfd']],
} as const
