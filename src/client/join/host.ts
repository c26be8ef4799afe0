import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { planNetwork, requireUnblocked } from '../../net/plan-network.ts'
import type { Step } from '../../plan/step.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { HOSTS, planHosts } from '../../site/hosts.ts'
import { observeTools } from '../observe-tools.ts'
import { tryCommand } from '../reading.ts'
import type { Joined, Known, Work } from './joined.ts'
import { clientOf } from './report.ts'
import { hasSeveralHubs, nodeNames, serviceEnd } from './service.ts'
import { type Kept, type NodePaths, planCopy, planKept } from './state.ts'

type HostSelf = NonNullable<Kept['answer']['host']>

/** A hub has its identity from here on; `dynfarm hub` does the rest. */
export async function enrolledHub(work: Work, known: Known, self: HostSelf): Promise<Joined> {
  const { machine, run, stateDir } = work
  const path = `${stateDir}/host/identity.json`
  const identity = `${JSON.stringify(hubIdentity(known, self), null, 2)}\n`
  const before = await machine.readFile(path)
  // The hub renews its certificate by itself: what join kept of the last answer may be older.
  const isNews = known.isFresh || before === undefined
  const changed = isNews && Buffer.from(before?.content ?? []).toString() !== identity
  if (changed) await run.apply(planHub(`${stateDir}/host`, known.secrets, identity))
  return joinedAs(work, known, { self, changed })
}

/** As src/hub reads it. */
function hubIdentity({ kept, secrets }: Known, { role, name, id }: HostSelf): object {
  const { servers: urls, pins, centre, releaseKey, answer } = kept
  const { certificate, authorities } = answer
  return {
    ...{ urls, pins, key: secrets.key, wireguard: secrets.wireguard, role, name, id, centre },
    ...{ certificate, nodeAuthority: authorities.node, releaseKey },
  }
}

function planHub(folder: string, { key, wireguard }: Known['secrets'], identity: string): Step[] {
  const reason = 'who this hub is'
  const file = (name: string, secret: string): Step => ({
    ...{ kind: 'file', reason, path: `${folder}/${name}`, content: { secret }, mode: 0o600 },
  })
  return [
    { kind: 'command', reason, argv: ['install', '-d', '-m', '0700', folder] },
    file('key.pem', key),
    file('wireguard.key', `${wireguard.private}\n`),
    file('identity.json', identity),
  ]
}

/** The host of a service: the far end of its links, the names of the nodes, and nothing else. */
export async function becomeService(work: Work, known: Known, self: HostSelf): Promise<Joined> {
  const { machine, run, watch, paths, network } = work
  watch.begin('tunnel')
  const kept = await withConfig(work, known)
  const { config } = kept
  if (config === undefined) throw configLost(paths)
  const wanted = serviceEnd(config, network)
  const steps: Step[] = [
    ...requireUnblocked(planNetwork(wanted, network)),
    ...planHosts(hostsOf(config), await machine.readFile(HOSTS)),
  ]
  const keeping = [
    ...planKept(paths, kept, known.kept),
    ...(known.isFresh ? await planCopy(machine, paths, kept) : []),
  ]
  await run.apply([...steps, ...keeping])
  await run.commit()
  await run.apply(await planResident(machine, config))
  return joinedAs(work, known, { self, changed: steps.length > 0 })
}

const residentUnit = 'dynfarm-service.service'

/** The copy of what is kept may be from before it. */
function configLost({ config }: NodePaths): DynfarmError {
  const message = `"${config}" has no links, and the server, which knows them, is away`
  return new DynfarmError('server-unreachable', message)
}

/** Who chooses among several hubs as they live and nodes move; without systemd an administrator starts it. */
async function planResident(machine: Machine, config: CentreConfig): Promise<Step[]> {
  if (!hasSeveralHubs(config) || (await observeTools(machine)).supervisor !== 'systemd') return []
  const asked = await tryCommand(machine, ['systemctl', 'is-active', '--quiet', residentUnit])
  if (asked.code === 0) return []
  const argv = ['systemctl', 'start', '--no-block', residentUnit] as const
  return [{ kind: 'command', reason: 'follow the hubs of this service', argv, tolerate: [5] }]
}

/** It has no name of its own among the nodes, so no line of the file can contradict one. */
function hostsOf(config: CentreConfig) {
  return { node: { name: '', fqdn: '', addresses: [] }, hosts: nodeNames(config) }
}

async function withConfig(work: Work, { kept, secrets, isFresh }: Known): Promise<Kept> {
  if (!isFresh) return kept
  const client = clientOf(kept, secrets.key, work.log.warn)
  try {
    const { config } = await client.request('feed', { query: {}, signal: work.signal })
    return config === undefined ? kept : { ...kept, config }
  } finally {
    client.close()
  }
}

function joinedAs(
  { watch }: Work,
  { isFresh }: Known,
  { self, changed }: { self: HostSelf; changed: boolean },
): Joined {
  return {
    ...{ state: 'ready', role: self.role, name: self.name, addresses: [], earlier: [] },
    ...{ server: isFresh ? 'answered' : 'away', changed, problems: [], timings: watch.read() },
  }
}
