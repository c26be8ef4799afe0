import { renderTable } from '../../profile/table.ts'
import type { Joined } from './joined.ts'
import type { Status, TunnelStatus } from './status.ts'
import type { LinkStatus } from './status-host.ts'
import type { Update } from './update-note.ts'

/** What a person is told at the end. */
export function renderJoined(joined: Joined): string {
  const { name, addresses, rung, earlier, problems, changed, state, server } = joined
  const inner = addresses.length === 0 ? '' : ` (${addresses.join(', ')})`
  const where = rung === undefined ? '' : ` by "${rung}"`
  const lines = [
    `this machine is "${name}"${inner}${where}: ${state}`,
    ...earlier.map((failed) => `rung "${failed.rung}" did not do: ${failed.why}`),
    ...(joined.quarantined ? [`in quarantine: ${quarantineText(name)}`] : []),
    ...problems.map(renderProblem),
    ...(server === 'away' ? ['the server did not answer; all is as it said last'] : []),
    ...(joined.update === undefined ? [] : [renderUpdate(joined.update)]),
    ...(changed ? [] : ['nothing to do']),
  ]
  return lines.join('\n')
}

function quarantineText(name: string): string {
  return `the hub leaves it ssh alone, until "dynfarm node approve ${name}" at the centre`
}

/** A Step that failed begins its message itself. */
function renderProblem({ step, message }: Joined['problems'][number]): string {
  return message.startsWith(`"${step}"`) ? message : `"${step}": ${message}`
}

export function renderUpdate({ version, outcome, reason }: Update): string {
  if (outcome === 'running') return `version "${version}" is in force from now`
  return `version "${version}" that the server offers is not taken: ${reason ?? 'no reason is known'}`
}

export function renderStatus({ name, role, centre, state, ...rest }: Status): string {
  const { addresses, impossible, services, tunnel, links, runs, problems, quarantined, update } =
    rest
  const rows: [string, string][] = [
    ['name', `${name} (${role} of "${centre}")`],
    ['state', state],
    ...(addresses.length === 0 ? [] : [['addresses', addresses.join(', ')] as [string, string]]),
    ...(impossible.length === 0 ? [] : [withoutRow(impossible)]),
    ...(services.length === 0 ? [] : [['services', services.join(', ')] as [string, string]]),
    ...(role === 'node' ? tunnelRows(tunnel) : []),
    ...links.map((link): [string, string] => ['link', linkText(link)]),
    ...(runs === false ? [['process', '"dynfarm hub" does not run'] as [string, string]] : []),
    ...(quarantined
      ? [['quarantine', `at the last join: ${quarantineText(name)}`] as [string, string]]
      : []),
    ...problems.map((problem): [string, string] => ['problem', renderProblem(problem)]),
    ...(update === null ? [] : [['update', renderUpdate(update)] as [string, string]]),
  ]
  const [first = ['', ''], ...more] = rows
  return renderTable(first, more)
}

function withoutRow(impossible: readonly string[]): [string, string] {
  return ['without', `${impossible.join(', ')}: the kernel has no IPv6`]
}

function linkText({ hub, device, answers }: LinkStatus): string {
  return `${device} to hub "${hub}", which ${answers ? 'answers' : 'does not answer'}`
}

function tunnelRows(tunnel: TunnelStatus | null): [string, string][] {
  if (tunnel === null) return [['tunnel', 'none']]
  const { rung, device, mtu, answers, handshake, received, sent } = tunnel
  return [
    ['tunnel', `${rung} on ${device}, packets of ${mtu} bytes`],
    ['hub', answers ? 'answers' : 'does not answer'],
    ...(handshake === null
      ? []
      : [['handshake', new Date(handshake).toISOString()] as [string, string]]),
    ['traffic', `${received} bytes received, ${sent} sent`],
  ]
}
