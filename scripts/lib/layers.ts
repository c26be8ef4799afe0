/** Who may import whom, and who may do what: the table of docs/architecture.md, as the build holds it. */
export const layers: Record<string, Layer> = {
  commands: {
    imports: ['client', 'server', 'hub', 'remote', 'run', 'profile', 'protocol', 'version'],
  },
  client: {
    imports: ['profile', 'protocol', 'pki', 'plan', 'net', 'vpn', 'site', 'apply'],
    // Beside its requests, the cloud's word for this machine, one datagram to the hub through a tunnel, its own OpenVPN's socket, and files between siblings.
    effects: {
      'requests/connect.ts': ['network'],
      'requests/exchange.ts': ['network'],
      'join/metadata.ts': ['network'],
      'join/hello.ts': ['network'],
      'join/overhear.ts': ['network'],
      'relay/serve.ts': ['network'],
      'relay/fetch.ts': ['network'],
      'relay/shared-file.ts': ['files'],
    },
  },
  hub: {
    imports: [
      'profile',
      'protocol',
      'pki',
      'plan',
      'net',
      'vpn',
      'site',
      'apply',
      'stream',
      'client/requests',
      'client/enrol',
      'client/stored',
      'client/join/state',
      'client/join/secrets',
      'client/join/token-file',
      // A service's resident loop goes on from what join made.
      'client/join/service',
      'client/observe-network',
      'client/observe-tunnel',
      'client/observe-tools',
    ],
    // OpenVPN's socket on this host, slirp4netns's where the hub is without root, the nodes' hellos, what hubs say to one another, and jobs that come without a tunnel.
    effects: {
      'management.ts': ['network'],
      'datagrams.ts': ['network'],
      'rootless/uplink.ts': ['network'],
      'socks/listener.ts': ['network'],
    },
  },
  run: {
    imports: [
      'profile',
      'protocol',
      'pki',
      'plan',
      'net',
      'vpn',
      'site',
      'apply',
      'stream',
      'client/requests',
      // By the site's proxy, where it has one.
      'client/requests/connect',
      'client/requests/fault',
      'client/requests/target',
      // A job enrols, and climbs the ladder, as a machine does.
      'client/enrol',
      'client/enrol-check',
      'client/observe-network',
      'client/reading',
      'client/join/enrolment',
      'client/join/facts',
      'client/join/ladder',
      'client/join/observe-facts',
      'client/join/observe-own',
      'client/join/overlap',
      'client/join/reach',
      'client/join/settings',
      'client/join/state',
      'client/observe-tools',
      // What a hub without root is told within its namespaces.
      'hub/rootless/order',
    ],
    // Its namespaces and what runs in them; the private folder, and descriptors that a user named.
    // Without namespaces, what stands between the job and the network.
    effects: { 'edge/': ['processes', 'files'], 'socks/edge/': ['network'] },
  },
  server: {
    imports: ['profile', 'protocol', 'pki', 'store'],
    effects: {
      'listen/': ['network'],
      'listen/socket.ts': ['network', 'files', 'processes'],
      'notify.ts': ['processes'],
      'keys.ts': ['files'],
      'folders.ts': ['files'],
      'releases/files.ts': ['files'],
      'admin/syslog.ts': ['processes'],
    },
  },
  remote: {
    // Administrators are let in by the server, and read times, in one way, whatever they ask.
    imports: [
      'profile',
      'protocol',
      'client/requests',
      'client/admin/access',
      'client/admin/times',
      'apply/lock',
    ],
    effects: { 'session/': ['network', 'ssh'], 'files/': ['files'] },
  },
  apply: { imports: ['plan'], effects: { '*': ['files', 'processes'] } },
  store: { imports: ['protocol'], effects: { 'mark.ts': ['files'], '*': ['database'] } },
  net: { imports: ['plan'], types: ['profile'] },
  vpn: { imports: ['plan'], types: ['profile'] },
  site: { imports: ['plan'], types: ['profile'] },
  profile: { imports: [], effects: { 'load/': ['files'] } },
  plan: { imports: [] },
  protocol: { imports: [] },
  pki: { imports: [] },
  // What both ends of a job's streams hold to.
  stream: { imports: [] },
  // The files directly under src.
  cli: { imports: ['commands'] },
  version: { imports: [], effects: { '*': ['executable'] } },
  address: { imports: [] },
  errors: { imports: [] },
  log: { imports: [], effects: { '*': ['files'] } },
}

/** They import nothing of the project, and everything may import them. */
export const everywhere = ['address', 'errors', 'log']

export interface Layer {
  imports: readonly string[]
  /** Folders whose types alone may be imported. */
  types?: readonly string[]
  /** What a file of the folder, or of a folder in it, may do beside computing; `*` is every file. */
  effects?: Readonly<Record<string, readonly Effect[]>>
}

export type Effect = 'files' | 'processes' | 'network' | 'ssh' | 'database' | 'executable'

/** The modules by which code reaches out of its process. */
export const effectsOf: Readonly<Record<string, Effect>> = {
  'node:fs': 'files',
  'node:fs/promises': 'files',
  'node:child_process': 'processes',
  execa: 'processes',
  'node:net': 'network',
  'node:tls': 'network',
  'node:http': 'network',
  'node:https': 'network',
  'node:http2': 'network',
  'node:dgram': 'network',
  'node:dns': 'network',
  'node:dns/promises': 'network',
  fastify: 'network',
  'node-ssh': 'ssh',
  ssh2: 'ssh',
  'node:sqlite': 'database',
  pg: 'database',
  'node:sea': 'executable',
}

/** What only the process edge may name. */
export const edgeOnly =
  /\bconsole\.|\bprocess\.(?:exit|exitCode|stdin|stdout|stderr|argv|on|once)\b/

/** What only code that may start processes may name. */
export const processesOnly = /\bprocess\.(?:env|kill|chdir|umask)\b/
