import type { Argv, CommandStep, Step } from '../../plan/step.ts'
import { tunnelDevice, unitPath } from '../names.ts'
import { planWireguard, wireguardCommand } from '../wireguard/plan.ts'
import type { ObservedWireguard, WireguardPeer, WireguardTunnel } from '../wireguard/wireguard.ts'
import {
  type ObservedFiles,
  planFiles,
  planNoFiles,
  reloadAfter,
  type Supervisor,
  startUnit,
  stopUnit,
} from './supervise.ts'
import { renderUnit } from './unit.ts'

export interface WireguardGoPlace {
  name: string
  supervisor: Supervisor
}

/** WireGuard where the kernel has none. Its device is a tun that src/net makes and that outlives the process. */
export interface WireguardGo extends WireguardGoPlace {
  /** wireguard-go, by its whole path. */
  program: string
  tunnel: WireguardTunnel
  mtu: number
  /** Those that it has from its start, when it comes back with nobody there: a node's hub. */
  lasting: readonly WireguardPeer[]
}

export interface ObservedWireguardGo {
  /** undefined: it does not run. */
  device: ObservedWireguard | undefined
  files: ObservedFiles
}

export function planWireguardGo(wanted: WireguardGo, observed: ObservedWireguardGo): Step[] {
  const files = planFiles(filesOf(wanted), observed.files)
  return [
    ...files,
    ...reloadAfter(files, wanted.name),
    ...(observed.device === undefined ? start(wanted) : []),
    ...planWireguard(wanted.tunnel, observed.device),
  ]
}

export function planNoWireguardGo(
  place: WireguardGoPlace,
  { device, files }: ObservedWireguardGo,
): Step[] {
  const removed = planNoFiles(wireguardGoFiles(place), files)
  return [
    ...(removed.length > 0 ? [stopUnit(place.name)] : []),
    ...removed,
    ...reloadAfter(removed, place.name),
    ...(device === undefined ? [] : [endProcess(place)]),
  ]
}

export function wireguardGoFiles({ name, supervisor }: WireguardGoPlace): string[] {
  return supervisor === 'systemd' ? [unitPath(name)] : []
}

function filesOf(wanted: WireguardGo) {
  if (wanted.supervisor === 'none') return []
  const { name, tunnel, lasting, program } = wanted
  const [wg, ...words] = wireguardCommand({ ...tunnel, peers: lasting })
  const content = renderUnit({
    description: `dynfarm tunnel ${name}`,
    type: 'forking',
    start: [program, tunnelDevice(name)],
    afterStart: [
      ['/sbin/ip', ...mtuWords(wanted)],
      [`/usr/bin/${wg}`, ...words],
    ],
    capabilities: ['CAP_NET_ADMIN', 'CAP_DAC_OVERRIDE'],
  })
  return [{ path: unitPath(name), content, mode: 0o644 }]
}

/** It goes into the background with its socket open, and sets an MTU of its own. */
function start(wanted: WireguardGo): CommandStep[] {
  if (wanted.supervisor === 'systemd') return [startUnit(wanted.name)]
  return [
    {
      kind: 'command',
      reason: 'start a tunnel',
      argv: [wanted.program, tunnelDevice(wanted.name)],
      undo: [{ argv: removeSocket(wanted) }],
    },
    { kind: 'command', reason: 'MTU of a tunnel', argv: ['ip', ...mtuWords(wanted)] },
  ]
}

function mtuWords({ name, mtu }: WireguardGo): string[] {
  return ['link', 'set', 'dev', tunnelDevice(name), 'mtu', String(mtu)]
}

/** It ends when its socket goes: no number of a process is needed, and none can be mistaken. */
function endProcess(place: WireguardGoPlace): CommandStep {
  return { kind: 'command', reason: 'stop a tunnel', argv: removeSocket(place) }
}

function removeSocket({ name }: WireguardGoPlace): Argv {
  return ['rm', '-f', `/run/wireguard/${tunnelDevice(name)}.sock`]
}
