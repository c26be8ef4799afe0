import {
  addresses,
  count,
  csr,
  fact,
  orNull,
  platform,
  sshKeys,
  strict,
  time,
  tolerant,
  version,
  wireguardKey,
} from './vocabulary.ts'

/** What a machine says of itself; a claim, unless the identity's proof says the same. */
export const facts = {
  title: 'Facts',
  ...tolerant,
  required: ['hostname'],
  properties: {
    hostname: { ...fact, description: 'The name it has before it joins.' },
    os: { ...fact, description: 'ID of /etc/os-release.' },
    osVersion: { ...fact, description: 'VERSION_ID of /etc/os-release.' },
    kernel: { ...fact, description: 'uname -r' },
    architecture: { ...fact, description: 'uname -m' },
    image: { ...fact, description: 'The cloud image that it was started from.' },
    cloud: { ...fact, description: 'The kind of cloud: aws, openstack.' },
    region: fact,
    zone: fact,
    machineType: fact,
    virtualization: fact,
    addresses,
    cpus: count,
    memory: { ...count, description: 'In MiB.' },
    booted: time,
  },
} as const

/** What tells a machine from its copies. */
export const identity = {
  title: 'Identity',
  ...strict,
  properties: {
    machineId: orNull(fact),
    dmiUuid: orNull(fact),
    instanceId: orNull({ ...fact, description: "The cloud's name for it." }),
    bootId: orNull({ ...fact, description: 'Two alive at once have two.' }),
    proof: {
      ...strict,
      description: "The cloud's signed word for it.",
      required: ['kind', 'document', 'signature'],
      properties: {
        kind: { type: 'string', enum: ['ec2'] },
        document: { type: 'string', maxLength: 4096, description: 'Byte for byte as signed.' },
        signature: { type: 'string', pattern: '^[A-Za-z0-9+/=\\n]*$', maxLength: 4096 },
      },
    },
  },
} as const

/** The public halves of what was made on the machine and never leaves it. */
export const keys = {
  title: 'Keys',
  ...strict,
  required: ['csr', 'wireguard', 'sshHostKeys'],
  properties: { csr, wireguard: wireguardKey, sshHostKeys: sshKeys },
} as const

export const software = { version, platform } as const
