import { realMachine } from '../../apply/real-machine.ts'
import { DynfarmError } from '../../errors.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import { renderStep } from '../../plan/render.ts'
import type { Step } from '../../plan/step.ts'
import { planSite } from '../../site/plan-site.ts'
import { createIdentity, type Secrets } from '../enrol.ts'
import { observeNetwork } from '../observe-network.ts'
import { observeSite } from '../observe-site.ts'
import { observeTools } from '../observe-tools.ts'
import { commandsWanted, siteWanted } from '../site-wanted.ts'
import { wayTo } from './enrolment.ts'
import type { JoinOptions } from './joined.ts'
import { observeOwn } from './observe-own.ts'
import { refuseOverlap } from './overlap.ts'
import { type NodeAnswer, reachOf, withoutIPv6 } from './reach.ts'
import { rejoinBy } from './rejoin.ts'
import { requireRoot } from './root.ts'
import { judge, planRung, reachable } from './rung.ts'
import { findSecrets } from './secrets.ts'
import { planEraseToken, readSettings } from './settings.ts'
import { findKept, type Kept, nodePaths, planIdentity, planKept } from './state.ts'
import { tunnelOf } from './tunnel.ts'

export interface DryJoin {
  /** The servers that would be asked, and by what this machine would show who it is. */
  asks: readonly string[]
  by: 'identity' | 'token' | 'approval'
  /** As text. What only the server's answer decides is not among them. */
  steps: string[]
}

/** What a join would do, as far as that is known without asking anybody: nothing is changed, and no token used. */
export async function dryJoin(options: JoinOptions): Promise<DryJoin> {
  requireRoot('what this machine has of its centre is for root alone')
  const { stateDir, machine = realMachine(), log } = options
  const settings = await readSettings(machine, options)
  const paths = nodePaths(stateDir)
  const { kept, damage } = await findKept(machine, paths)
  const { urls } = wayTo(settings, kept)
  const known = await findSecrets(machine, paths, kept?.answer.certificate)
  const secrets = known.secrets ?? (await createIdentity())
  const steps = [
    ...(kept !== undefined && damage !== undefined ? planKept(paths, kept, undefined) : []),
    ...(known.secrets === undefined ? planIdentity(paths, secrets) : known.mending),
    ...planEraseToken(settings),
    ...(await stepsAsKept(options, kept, secrets)),
  ].map(renderStep)
  for (const step of steps) log.info(step)
  const byToken = settings.token === undefined ? 'approval' : 'token'
  return { asks: urls, by: kept === undefined || !known.isOwn ? byToken : 'identity', steps }
}

async function stepsAsKept(
  options: JoinOptions,
  kept: Kept | undefined,
  secrets: Secrets,
): Promise<Step[]> {
  const { stateDir, machine = realMachine(), log } = options
  const node = kept?.answer.node
  if (kept === undefined || node === undefined) return []
  const paths = nodePaths(stateDir)
  const tools = await observeTools(machine)
  const observed = await observeNetwork(machine)
  const whole: NodeAnswer = { ...kept.answer, node }
  const answer = observed.lacksIPv6 === true ? withoutIPv6(whole) : whole
  refuseOverlap(answer, reachOf(answer), await observeOwn(machine, observed))
  const proxy = answer.site?.proxy ?? kept.proxy
  const setting = { machine, answer, secrets, paths, tools, proxy, rejoin: rejoinBy(options) }
  const ends = answer.rungs.flat()
  const asked = ends.find(({ name }) => name === kept.standing?.rung) ?? ends[0]
  if (asked === undefined) throw new DynfarmError('no-rung', 'the ladder has no rung')
  const end = await reachable(machine, asked)
  const tunnel = tunnelOf(end, kept.standing?.mtu ?? TUNNEL_MTU, setting)
  return [
    ...(await planRung(setting, tunnel, { end, observed })),
    judge(setting, tunnel, end),
    ...(await siteSteps(answer, kept, { machine, state: paths.folder, log })),
  ]
}

/** Whether a command is needed is looked at when its turn comes, so all of them are told. */
async function siteSteps(
  { site, ...answer }: NodeAnswer,
  kept: Kept,
  { log, ...at }: Parameters<typeof observeSite>[1] & Pick<JoinOptions, 'log'>,
): Promise<Step[]> {
  if (site === undefined) return []
  const wanted = siteWanted({ ...answer, site }, kept.files)
  const { parts, problems, refusal } = planSite(wanted, await observeSite(wanted, at))
  for (const { message } of problems) log.warn(`this machine would not be ready: ${message}`)
  if (refusal !== undefined) throw refusal
  const commands = commandsWanted(site).map(
    ({ name, run }): Step => ({ kind: 'command', reason: name, argv: run }),
  )
  return [...parts.flatMap(({ steps }) => steps), ...commands]
}
