import type { AnswerOf } from '../../protocol/endpoints.ts'
import { cleanLine } from '../../protocol/hostile.ts'
import { renderUse } from './limit-use.ts'
import { outerOf, placeOf } from './node-list.ts'
import { renderTime } from './times.ts'

type ShownNode = AnswerOf<'nodeShow'>
type Line = readonly [label: string, value: string | number | null | undefined]

/** All that is known of a node, a line each; what is not known has none, and no value makes a line of its own. */
export function renderNode(node: ShownNode): string {
  const lines = [...whoLines(node), ...stateLines(node), ...keyLines(node), ...machineLines(node)]
  const told = lines.filter(([, value]) => value != null && value !== '' && value !== '-')
  const width = told.reduce((most, [label]) => Math.max(most, label.length), 0)
  return told.map(([label, value]) => `${label.padEnd(width)}  ${cleanLine(`${value}`)}\n`).join('')
}

function whoLines(node: ShownNode): Line[] {
  return [
    ['node', node.name],
    ['id', node.id],
    ['full name', node.fqdn],
    ['site', placeOf(node)],
    ['kind', node.role],
    ['addresses', node.addresses.join(', ')],
  ]
}

function stateLines({ report, ...node }: ShownNode): Line[] {
  return [
    ['state', node.state],
    ['no place', node.placeGone],
    ['joined', timeOf(node.joined)],
    ['token', [node.token, madeBy(node)].filter(Boolean).join(' ')],
    ['seen', timeOf(node.lastSeen)],
    ['rung', node.rung],
    ['outer address', outerOf(node)],
    ...tunnelLines(node),
    ...limitLines(node),
    ['reported', timeOf(node.reported)],
    ['version', node.version],
    ...(report?.problems ?? []).map(
      ({ step, message }): Line => ['problem', `${step}: ${message}`],
    ),
    ['update', updateOf(report)],
  ]
}

function tunnelLines({ tunnel }: ShownNode): Line[] {
  const { hub, state, mtu, rx, tx } = tunnel ?? {}
  const where = [state, hub && `at ${hub}`].filter(Boolean).join(' ')
  return [
    ['tunnel', mtu === undefined ? where : `${where}, packets of ${mtu} bytes`],
    ['bytes', rx === undefined || tx === undefined ? '' : `${rx} to it, ${tx} from it`],
  ]
}

function limitLines({ limits, held, site, tunnel }: ShownNode): Line[] {
  const { rx, tx } = limits ?? {}
  const where = `at ${tunnel?.hub}: the limits of ${site} do not stand`
  return [
    ['held back', held == null ? '' : `${where}: ${held}`],
    ['limit to it', rx && renderUse(rx)],
    ['limit from it', tx && renderUse(tx)],
  ]
}

function madeBy({ token, tokenCreatedBy }: ShownNode): string {
  return token == null || tokenCreatedBy == null ? '' : `by ${tokenCreatedBy}`
}

function updateOf(report: ShownNode['report']): string {
  const { version, outcome, reason = '' } = report?.update ?? {}
  return [version, outcome, reason].filter(Boolean).join(' ')
}

function keyLines({ sshHostKeys = [], changedSshHostKeys, ...node }: ShownNode): Line[] {
  return [
    ['certificate', node.certificate],
    ['WireGuard key', node.wireguardKey],
    ...sshHostKeys.map((key): Line => ['ssh host key', key]),
    ...(changedSshHostKeys ?? []).map((key): Line => ['CHANGED ssh host key', key]),
  ]
}

/** What the machine says of itself is marked as that. */
function machineLines({ facts, identity, isProved }: ShownNode): Line[] {
  const { addresses = [], memory, booted, ...rest } = facts
  const word = isProved === true ? 'proved' : 'claimed'
  const { machineId, dmiUuid, instanceId } = identity
  return [
    ...Object.entries({ machineId, dmiUuid, instanceId }).map(
      ([name, value]): Line => [`${spaced(name)} (${word})`, value],
    ),
    ...Object.entries(rest).map(([name, value]): Line => [`${spaced(name)} (claimed)`, value]),
    ['memory (claimed)', memory === undefined ? undefined : `${memory} MiB`],
    ['own addresses (claimed)', addresses.join(', ')],
    ['booted (claimed)', timeOf(booted)],
  ]
}

function spaced(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

function timeOf(time: number | null | undefined): string | undefined {
  return time == null ? undefined : renderTime(time)
}
