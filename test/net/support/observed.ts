import type { ObservedNetwork } from '../../../src/net/network.ts'
import type { NetworkPlan } from '../../../src/net/plan-network.ts'
import { renderPlan } from '../../../src/plan/render.ts'
import type { CommandStep } from '../../../src/plan/step.ts'

export const bareHost: ObservedNetwork = {
  devices: [],
  addresses: [],
  routes: [],
  rules: [],
  sysctls: new Map(),
  foreign: {
    devices: new Map([
      ['lo', { group: 0, mtu: 65536, up: true }],
      ['eth0', { group: 0, mtu: 1500, up: true }],
    ]),
    addresses: [{ dev: 'lo', address: '127.0.0.1/8' }],
    routes: new Set(['254 0.0.0.0/0 0']),
    gateways: [],
  },
}

export function textOf({ steps }: Omit<NetworkPlan, 'makes'>): string {
  return renderPlan(steps)
}

/** What apply would do after the last Step failed, in the same text. */
export function undoText(steps: readonly CommandStep[]): string {
  const undo = steps.toReversed().flatMap(({ undo = [] }) => undo)
  return renderPlan(undo.map((command) => ({ kind: 'command', reason: '', ...command })))
}
