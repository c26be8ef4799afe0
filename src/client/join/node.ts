import { observeTools, type Tools } from '../observe-tools.ts'
import { planClosing } from './closing.ts'
import { customise } from './customise.ts'
import type { Joined, Known, Work } from './joined.ts'
import { type Climbed, climb } from './ladder.ts'
import { observeOwn } from './observe-own.ts'
import { type OwnNetworks, refuseOverlap } from './overlap.ts'
import { type NodeAnswer, reachOf } from './reach.ts'
import { rejoinBy } from './rejoin.ts'
import { sendReport } from './report.ts'
import { type FoundKept, type Kept, planKept } from './state.ts'
import { isBare } from './take-down.ts'

export interface KnownNode extends Known {
  answer: NodeAnswer
}

/** Of the machine, what does not depend on what it is told. */
export interface Around {
  own: OwnNetworks
  tools: Tools
  /** It never had a tunnel of dynfarm's. */
  isBare: boolean
}

export async function observeAround(
  { machine, network }: Work,
  { kept }: FoundKept,
): Promise<Around> {
  const [own, tools] = await Promise.all([observeOwn(machine, network), observeTools(machine)])
  return { own, tools, isBare: kept === undefined && (await isBare({ machine, tools, network })) }
}

/** The tunnel first; from then on it stays, with the keys of administrators, whatever fails later. */
export async function becomeNode(work: Work & Around, known: KnownNode): Promise<Joined> {
  const { machine, watch, run, state, paths, signal } = work
  const { answer } = known
  watch.begin('tunnel')
  const reach = reachOf(answer)
  refuseOverlap(answer, reach, work.own)
  await run.apply(planClosing(paths, reach, (await machine.readFile(paths.closed))?.content))
  const { climbed, kept } = await climbLadder(work, known)
  watch.begin('customise')
  const done = await customise(answer, { machine, run, state, signal, formerFiles: kept.files })
  const { problems } = done
  const files = problems.length === 0 ? filesOf(answer) : kept.files
  await remember(work, { ...kept, files, problems }, kept)
  const { rung, mtu, earlier } = climbed
  const joined: Joined = {
    ...{ rung, mtu, earlier },
    ...{ state: problems.length === 0 ? 'ready' : 'failed', role: 'node' },
    ...{ name: answer.node.name, addresses: answer.node.addresses },
    ...{ server: known.isFresh ? 'answered' : 'away', problems },
    changed: climbed.changed || done.changed,
    ...(answer.node.quarantined === true && { quarantined: true }),
    ...(work.update !== undefined && { update: work.update }),
    timings: watch.read(),
  }
  watch.begin('report')
  if (known.isFresh) await sendReport(work, { ...known, kept }, joined)
  return { ...joined, timings: watch.read() }
}

async function climbLadder(
  work: Work & Around,
  { answer, kept, secrets }: KnownNode,
): Promise<{ climbed: Climbed; kept: Kept }> {
  const { machine, run, paths, log, settings, network, tools, isBare } = work
  const count = Math.max(Date.now(), (kept.hello ?? 0) + 1)
  const climbed = await climb({
    ...{ machine, run, paths, answer, secrets, count, standing: kept.standing, say: log.warn },
    ...{ tools, network, isBare, rejoin: rejoinBy(work) },
    proxy: answer.site?.proxy ?? settings.proxy ?? kept.proxy,
  })
  const { rung, mtu, changed } = climbed
  const news = { hello: climbed.count, clock: Date.now() }
  const now = { ...kept, standing: { rung, mtu }, ...(changed && news) }
  await remember(work, now, kept)
  return { climbed, kept: now }
}

async function remember({ run, paths }: Work, kept: Kept, before: Kept): Promise<void> {
  await run.apply(planKept(paths, kept, before))
  await run.commit()
}

function filesOf({ site }: NodeAnswer): string[] {
  return (site?.files ?? []).map(({ path }) => path)
}
