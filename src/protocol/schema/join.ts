import { facts, identity, keys, software } from './machine.ts'
import { nodeSelf, rungs, services } from './reach.ts'
import { statement } from './release.ts'
import { siteConfig } from './site-config.ts'
import {
  addresses,
  certificate,
  hostileLine,
  hostileText,
  milliseconds,
  mtu,
  orNull,
  partName,
  platform,
  port,
  position,
  publicKey,
  recordId,
  sha256,
  strict,
  time,
  token,
  tolerant,
  version,
  wireguardKey,
} from './vocabulary.ts'

/** By a token or, for who has joined before, by its certificate. */
export const joinRequest = {
  title: 'JoinRequest',
  ...strict,
  required: ['version', 'platform', 'kind', 'facts', 'identity', 'keys'],
  properties: {
    token,
    ...software,
    kind: {
      type: 'string',
      enum: ['machine', 'hub', 'job'],
      description:
        'machine: `dynfarm join`, for nodes and hosts of the centre; hub: `dynfarm hub`; job: `dynfarm run`.',
    },
    facts,
    identity,
    keys,
  },
} as const

const hub = {
  title: 'HubIdentity',
  ...tolerant,
  required: ['name', 'inner', 'certificate', 'wireguard'],
  properties: {
    name: partName,
    inner: { ...addresses, description: 'Its addresses inside the tunnels.' },
    certificate: { ...certificate, description: 'To be pinned.' },
    wireguard: orNull(wireguardKey),
    socks: {
      ...tolerant,
      description: 'Where jobs without a network of their own reach their services.',
      required: ['addresses', 'port'],
      properties: { addresses, port },
    },
  },
} as const

const offer = {
  title: 'ReleaseOffer',
  ...tolerant,
  description: 'A version that this machine should run; `/v1/releases/…` has it.',
  required: ['version', 'platform', 'statement'],
  properties: { version, platform, statement },
} as const

export const rotations = {
  type: 'array',
  items: statement,
  maxItems: 64,
  description: 'Oldest first.',
} as const

const pins = {
  title: 'Pins',
  ...tolerant,
  description: 'What the next request trusts.',
  required: ['server', 'release', 'rotations'],
  properties: {
    server: {
      type: 'array',
      items: sha256,
      minItems: 1,
      maxItems: 8,
      description: "Hashes of the server authorities' public keys.",
    },
    release: { ...publicKey, description: 'The release key; taken at the first join only.' },
    rotations,
  },
} as const

const hostSelf = {
  title: 'HostSelf',
  ...tolerant,
  required: ['id', 'role', 'name'],
  properties: { id: recordId, role: { type: 'string', enum: ['hub', 'service'] }, name: partName },
} as const

/** `node` and all that belongs to it for nodes and jobs; `host` for hubs and service hosts, which go on to the feed. */
export const joinAnswer = {
  title: 'JoinAnswer',
  ...tolerant,
  required: ['time', 'position', 'certificate', 'authorities', 'hubs', 'rungs', 'services', 'pins'],
  properties: {
    time,
    position: { ...position, description: 'Of the configuration.' },
    node: nodeSelf,
    host: hostSelf,
    certificate,
    authorities: {
      ...tolerant,
      description: 'What the other ends of tunnels are issued by: hub for nodes, node for hubs.',
      properties: { hub: certificate, node: certificate },
    },
    hubs: { type: 'array', items: hub, maxItems: 64 },
    rungs,
    services,
    site: siteConfig,
    release: offer,
    pins,
  },
} as const

const problem = {
  title: 'NodeProblem',
  ...tolerant,
  required: ['code', 'step', 'message'],
  properties: {
    code: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 64, noun: 'an error code' },
    step: hostileLine,
    message: hostileText,
  },
} as const

const phase = milliseconds

/** How it went, after every join and when it goes down. */
export const report = {
  title: 'Report',
  ...tolerant,
  required: ['state', 'version'],
  properties: {
    state: { type: 'string', enum: ['ready', 'failed', 'down'] },
    version,
    position,
    rung: orNull(partName),
    mtu,
    timings: {
      ...tolerant,
      properties: { contact: phase, enrol: phase, tunnel: phase, customise: phase, total: phase },
    },
    problems: { type: 'array', items: problem, maxItems: 10 },
    update: {
      ...tolerant,
      description: 'What became of the release that was offered.',
      required: ['version', 'outcome'],
      properties: {
        version,
        outcome: { type: 'string', enum: ['running', 'refused', 'failed'] },
        reason: hostileLine,
      },
    },
  },
} as const

export const reportAnswer = {
  title: 'ReportAnswer',
  ...tolerant,
  required: ['time', 'position'],
  properties: {
    time,
    position: { ...position, description: 'Another one than was reported: time to join again.' },
  },
} as const
