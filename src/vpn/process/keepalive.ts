import type { Argv, CommandStep, Step, UndoCommand } from '../../plan/step.ts'
import type { Reading } from '../reading.ts'
import { type ObservedFiles, planFiles, planNoFiles, reload, type Supervisor } from './supervise.ts'
import { renderUnit } from './unit.ts'

/**
 * A small packet through the tunnel, for ever: a NAT does not forget it, a hub that lost its state hears where the
 * node is, and WireGuard begins a new session by it. Where no answer comes for a minute the machine joins again, which
 * looks for a rung that carries traffic; at once where no process holds the tunnel's device any more.
 */
export interface Keepalive extends KeepalivePlace {
  /** ping, by its whole path. */
  program: string
  device: string
  /** The hub's inner address. */
  address: string
  /** The command that joins again; under systemd a unit of the package does. */
  rejoin: readonly string[]
}

export interface KeepalivePlace {
  supervisor: Supervisor
  /** The folder of the pid file. */
  run: string
}

export interface ObservedKeepalive {
  /** The command line of the process. */
  running: string | undefined
  files: ObservedFiles
}

const everySeconds = 20
/** While no answer comes it is asked every second, and looked so often whether a process holds the device. */
const againSeconds = 5
/** A hub that only reboots is there again by then, or is found again by a rung of its own. */
const patienceSeconds = 60
const unit = 'dynfarm-keepalive.service'
const unitFile = `/run/systemd/system/${unit}`

export function planKeepalive(wanted: Keepalive, observed: ObservedKeepalive): Step[] {
  const files = planFiles(filesOf(wanted), observed.files)
  const isRunning = observed.running === argvOf(wanted).join(' ')
  if (isRunning && files.length === 0) return []
  if (wanted.supervisor === 'systemd') return [...files, reloadStep, restart]
  return [...files, ...stopDaemon(wanted, observed), startDaemon(wanted)]
}

export function planNoKeepalive(place: KeepalivePlace, observed: ObservedKeepalive): Step[] {
  const files = planNoFiles(keepaliveFiles(place), observed.files)
  if (place.supervisor === 'none') return [...stopDaemon(place, observed), ...files]
  return files.length === 0 ? [] : [stop, ...files, reloadStep]
}

export function keepaliveFiles({ supervisor, run }: KeepalivePlace): string[] {
  return supervisor === 'systemd' ? [scriptFile(run), unitFile] : [scriptFile(run)]
}

export function keepaliveReading({ supervisor, run }: KeepalivePlace): Reading {
  const ours = ['pgrep', '-f', '-a', '-x', `/bin/sh ${scriptFile(run)} .*`] as const
  const argv = supervisor === 'systemd' ? ours : (['pgrep', '-F', pidFile(run), '-a'] as const)
  return { argv, tolerate: [1, 2, 3] }
}

/** A number that is used again has another command line. */
export function parseKeepalive(output: string): string | undefined {
  const [, command] = /^\d+ (\/bin\/sh \S+\/keepalive\.sh( \S+)+)$/m.exec(output) ?? []
  return command
}

function argvOf({ supervisor, run, program, device, address, rejoin }: Keepalive): Argv {
  const times = [everySeconds, againSeconds, patienceSeconds].map(String)
  const command = supervisor === 'systemd' ? startUnit : rejoin
  return ['/bin/sh', scriptFile(run), ...times, program, device, address, ...command]
}

const startUnit = ['systemctl', 'start', '--no-block', 'dynfarm-rejoin.service'] as const

/**
 * Of a tun device that no process holds the kernel says that it has no carrier; nobody but this would start the process
 * anew where there is no systemd. The join is in a session of its own, and is not ended with this: without systemd it
 * ends this itself. Whoever ends this ends the ping of the moment too, also one whose number is not known yet, and one
 * that is still a copy of this shell, which does not heed any other signal.
 */
export const keepaliveScript = `every=$1 again=$2 patience=$3 ping=$4 device=$5 address=$6
shift 6
child= ended=
finish() {
  test "$child" != begun || { ended=yes; return; }
  test -z "$child" || kill -KILL "$child" 2>/dev/null
  exit 0
}
trap finish TERM INT
during() {
  child=begun
  "$@" >/dev/null 2>&1 &
  child=$!
  test -z "$ended" || finish
  wait "$child"
  code=$?
  child=
  return "$code"
}
isHeld() {
  case $(ip link show dev "$device" 2>/dev/null) in
    *NO-CARRIER*) return 1 ;;
  esac
}
answers() {
  silent=0
  while isHeld; do
    during "$ping" -n -q -c 1 -w "$again" -I "$device" "$address" && return 0
    silent=$((silent + again))
    test "$silent" -lt "$patience" || return 1
  done
  return 1
}
while :; do
  if ! answers; then
    setsid "$@" </dev/null >/dev/null 2>&1 &
    wait "$!"
  fi
  during sleep "$every"
done
`

function filesOf(wanted: Keepalive) {
  const script = { path: scriptFile(wanted.run), content: keepaliveScript, mode: 0o644 }
  if (wanted.supervisor === 'none') return [script]
  const content = renderUnit({
    description: 'dynfarm keeps its tunnel awake',
    type: 'simple',
    start: argvOf(wanted),
    capabilities: ['CAP_NET_RAW'],
  })
  return [script, { path: unitFile, content, mode: 0o644 }]
}

const reloadStep: CommandStep = { kind: 'command', reason: 'read the unit', argv: reload }
const stopNow = ['systemctl', 'stop', unit] as const
const restart: CommandStep = {
  ...{ kind: 'command', reason: 'keep the tunnel awake' },
  argv: ['systemctl', 'restart', unit],
  undo: [{ argv: stopNow }],
}
const stop: CommandStep = {
  ...{ kind: 'command', reason: 'keep the tunnel awake no longer', argv: stopNow },
  undo: [{ argv: reload }, { argv: ['systemctl', 'restart', unit] }],
}

/** setsid becomes the script in the same process, so the number is that of the script. */
const background = 'pid=$1; shift; setsid "$@" </dev/null >/dev/null 2>&1 & echo "$!" >"$pid"'

function inBackground({ run }: KeepalivePlace, argv: readonly string[]): Argv {
  return ['sh', '-c', background, 'sh', pidFile(run), ...argv]
}

function startDaemon(wanted: Keepalive): CommandStep {
  const argv = argvOf(wanted)
  return {
    ...{ kind: 'command', reason: 'keep the tunnel awake' },
    argv: inBackground(wanted, argv),
    undo: endDaemon(wanted, argv.join(' ')),
  }
}

function stopDaemon(place: KeepalivePlace, { running }: ObservedKeepalive): CommandStep[] {
  if (running === undefined) return []
  const reason = 'keep the tunnel awake no longer'
  const [end, forget] = endDaemon(place, running)
  const undo = [{ argv: inBackground(place, running.split(' ')) }]
  return [
    { kind: 'command', reason, ...end, undo },
    { kind: 'command', reason, ...forget },
  ]
}

function endDaemon({ run }: KeepalivePlace, command: string): [UndoCommand, UndoCommand] {
  const pattern = command.replace(/[.[\]*+?(){}|$^\\]/g, '\\$&')
  const pid = pidFile(run)
  return [
    { argv: ['pkill', '-TERM', '-F', pid, '-f', '-x', pattern], tolerate: [1, 2, 3] },
    { argv: ['rm', '-f', pid] },
  ]
}

function scriptFile(run: string): string {
  return `${run}/keepalive.sh`
}

function pidFile(run: string): string {
  return `${run}/keepalive.pid`
}
