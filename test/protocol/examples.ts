import { createToken, renderToken } from '../../src/pki/token.ts'
import type { RequestOf } from '../../src/protocol/endpoints.ts'

export const joinRequest: RequestOf<'join'> = {
  token: renderToken(createToken(Buffer.alloc(32))),
  version: '0.1.0',
  platform: 'linux-x64',
  kind: 'machine',
  facts: { hostname: 'vm-17', os: 'debian', kernel: '6.1.0-13-cloud-amd64', cpus: 4, memory: 7962 },
  identity: { machineId: '0123456789abcdef0123456789abcdef', dmiUuid: null },
  keys: {
    csr: 'MIHG',
    wireguard: '4Rvy8c6jHAtwaaYhh0g9BuWGUUN2Ku8xsNFJOYXZcRU=',
    sshHostKeys: [
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGzQ3mPJKxYkb4zBWrIGyHc8yJ0yq6Z8GQv1cJ8dXvB5',
    ],
  },
}

export const report: RequestOf<'report'> = {
  state: 'failed',
  version: '0.1.0',
  position: 'e1.17',
  rung: 'wg',
  mtu: 1420,
  timings: { contact: 120, tunnel: 900 },
  problems: [{ code: 'step-failed', step: 'start the batch daemon', message: 'exit 3' }],
}
