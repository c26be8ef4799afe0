import type { Argv, CommandStep, Step, UndoCommand } from '../../plan/step.ts'
import { hashTexts, type TunnelPaths, unitPath } from '../names.ts'
import type { Reading } from '../reading.ts'
import {
  type ObservedFiles,
  planFiles,
  planNoFiles,
  reload,
  reloadAfter,
  type Supervisor,
  startUnit,
  stopUnit,
  type TunnelFile,
} from './supervise.ts'
import { renderUnit } from './unit.ts'

export interface OpenvpnPlace {
  name: string
  /** By its whole path. */
  program: string
  supervisor: Supervisor
  paths: TunnelPaths
}

/** One tunnel's OpenVPN. A change to any of its files restarts it, and no other. */
export interface OpenvpnProcess extends OpenvpnPlace {
  end: 'node' | 'hub'
  config: string
  ca: string
  certificate: string
  tlsCrypt?: { secret: string }
  tlsCryptShared?: { secret: string }
}

export interface ObservedOpenvpn {
  /** The state of the files that it was started with; undefined when it does not run. */
  running: string | undefined
  files: ObservedFiles
}

export function planOpenvpn(process: OpenvpnProcess, observed: ObservedOpenvpn): Step[] {
  const state = stateOf(process)
  const files = planFiles(filesOf(process, state), observed.files)
  const reloading = reloadAfter(files, process.name)
  if (observed.running === state) return [...files, ...reloading]
  return [
    ...stop(process, observed),
    makeFolders(process),
    ...files,
    ...reloading,
    process.supervisor === 'systemd' ? startUnit(process.name) : startDaemon(process, state),
  ]
}

/** Ends with nothing of the tunnel left but its device, which is src/net's to remove. */
export function planNoOpenvpn(place: OpenvpnPlace, observed: ObservedOpenvpn): Step[] {
  const files = planNoFiles(filePaths(place), observed.files)
  if (files.length === 0 && observed.running === undefined) return []
  return [
    ...stop(place, observed),
    ...files,
    ...reloadAfter(files, place.name),
    ...removeFolders(place),
  ]
}

/** What is to be read for an observation, besides the process. */
export function filePaths({ name, supervisor, paths }: OpenvpnPlace): string[] {
  const { config, ca, certificate, tlsCrypt, tlsCryptShared } = paths
  const unit = supervisor === 'systemd' ? [unitPath(name)] : []
  return [config, ca, certificate, tlsCrypt, tlsCryptShared, ...unit]
}

/** Of the process that the pid file names, its command line; a number used again has another one. */
export function processReading({ paths }: OpenvpnPlace): Reading {
  return { argv: ['pgrep', '-F', paths.pid, '-a'], tolerate: [1, 2, 3] }
}

export function parseRunning(place: OpenvpnPlace, output: string): string | undefined {
  const [, command = ''] = /^\d+ (.*)\n?$/.exec(output) ?? []
  const [, state] = / --setenv dynfarm_state ([0-9a-f]{32})( |$)/.exec(command) ?? []
  if (state === undefined) return undefined
  const own = [argvOf(place, state), daemonArgv(place, state)].map(ownPattern)
  return own.some((pattern) => new RegExp(`^${pattern}$`).test(command)) ? state : undefined
}

/** A program may be a script that becomes another one of its folder, with the same words at the end. */
function ownPattern([program, ...words]: Argv): string {
  const folder = program.slice(0, program.lastIndexOf('/') + 1)
  return `${exactPattern(folder)}.*${exactPattern(` ${words.join(' ')}`)}`
}

function stateOf(process: OpenvpnProcess): string {
  const { program, config, ca, certificate, tlsCrypt, tlsCryptShared } = process
  const secrets = [tlsCrypt, tlsCryptShared].map((key) => key?.secret ?? '')
  return hashTexts([program, config, ca, certificate, ...secrets])
}

function filesOf(process: OpenvpnProcess, state: string): TunnelFile[] {
  const { name, supervisor, paths, config, ca, certificate } = process
  const unit = { path: unitPath(name), content: unitOf(process, state), mode: 0o644 }
  return [
    { path: paths.config, content: config, mode: 0o644 },
    { path: paths.ca, content: ca, mode: 0o644 },
    { path: paths.certificate, content: certificate, mode: 0o644 },
    ...(['tlsCrypt', 'tlsCryptShared'] as const).flatMap((which) => {
      const content = process[which]
      return content === undefined ? [] : [{ path: paths[which], content, mode: 0o600 }]
    }),
    ...(supervisor === 'systemd' ? [unit] : []),
  ]
}

function unitOf(process: OpenvpnProcess, state: string): string {
  return renderUnit({
    description: `dynfarm tunnel ${process.name}`,
    type: 'simple',
    start: argvOf(process, state),
    capabilities: [
      ...['CAP_NET_ADMIN', 'CAP_NET_BIND_SERVICE', 'CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'],
      'CAP_DAC_OVERRIDE',
    ],
  })
}

/** The running process itself says which state of its files it has read. */
function argvOf({ program, paths }: OpenvpnPlace, state: string): Argv {
  return [
    ...([program, '--config', paths.config, '--writepid', paths.pid] as const),
    ...['--setenv', 'dynfarm_state', state],
  ]
}

function daemonArgv(place: OpenvpnPlace, state: string): Argv {
  return [...argvOf(place, state), '--daemon', `dynfarm-${place.name}`]
}

function startDaemon(place: OpenvpnPlace, state: string): CommandStep {
  return {
    kind: 'command',
    reason: 'start a tunnel',
    argv: daemonArgv(place, state),
    undo: [...endDaemon(place, state), { argv: removeTraces(place) }],
  }
}

function stop(place: OpenvpnPlace, { running, files }: ObservedOpenvpn): CommandStep[] {
  const hasUnit = files.has(unitPath(place.name))
  if (place.supervisor === 'systemd' && hasUnit) return [stopUnit(place.name)]
  if (running === undefined) return []
  const [end, wait] = endDaemon(place, running)
  return [
    {
      ...end,
      kind: 'command',
      reason: 'stop a tunnel',
      undo: [{ argv: daemonArgv(place, running) }],
    },
    { ...wait, kind: 'command', reason: 'until it has ended' },
  ]
}

/** Only the process of the pid file, and only while its words are those that we gave it. */
function endDaemon(place: OpenvpnPlace, state: string): [UndoCommand, UndoCommand] {
  const { pid } = place.paths
  const pattern = ownPattern(daemonArgv(place, state))
  return [
    { argv: ['pkill', '-TERM', '-F', pid, '-f', '-x', pattern], tolerate: [1, 2, 3] },
    { argv: ['timeout', '20', 'sh', '-c', untilGone, 'sh', pid], tolerate: [1] },
  ]
}

/** A pid file that is gone by then was removed by the process at its end. */
const untilGone = 'exec tail -s 0.1 --pid="$(cat -- "$1")" -f /dev/null'

/** For an extended regular expression. */
function exactPattern(text: string): string {
  return text.replace(/[.[\]*+?(){}|$^\\]/g, '\\$&')
}

function makeFolders(process: OpenvpnProcess): CommandStep {
  const { supervisor, paths, end } = process
  const folders = end === 'hub' ? [paths.folder, paths.clients] : [paths.folder]
  return {
    kind: 'command',
    reason: 'folder of a tunnel',
    argv: ['install', '-d', '-m', '0755', ...folders],
    undo: [
      ...(supervisor === 'systemd' ? [{ argv: removeTraces(process) }, { argv: reload }] : []),
      { argv: ['rmdir', ...folders.toReversed()], tolerate: [1] },
    ],
  }
}

/** Whatever else is in there is not dynfarm's, and stays with its folder. */
function removeFolders(place: OpenvpnPlace): CommandStep[] {
  const { folder, clients } = place.paths
  const reason = 'traces of a tunnel no longer wanted'
  return [
    { kind: 'command', reason, argv: removeTraces(place) },
    {
      kind: 'command',
      reason,
      argv: ['rmdir', clients, folder],
      tolerate: [1],
      undo: [{ argv: ['install', '-d', '-m', '0755', folder] }],
    },
  ]
}

function removeTraces({ paths }: OpenvpnPlace): Argv {
  return ['rm', '-f', paths.pid, paths.management]
}
