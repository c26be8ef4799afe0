import { type Family, familyOf } from '../address.ts'
import { ipSteps } from '../net/ip-step.ts'
import { deviceName } from '../net/names.ts'
import type { CommandStep, Step } from '../plan/step.ts'
import { renderFirewall } from './firewall.ts'
import type { JobNetwork } from './job-network.ts'
import { GATEWAY, INSIDE, JOB, MACS, UPLINK } from './names.ts'

/** Nothing is forwarded before the firewall stands, and nothing of the job's moves before its limits do. */
export function planJobNetwork(network: JobNetwork): Step[] {
  const nft = { kind: 'command', reason: 'what a job may reach', argv: ['nft', '-f', '-'] } as const
  return [
    { ...nft, input: renderFirewall(network) },
    ...planPair(network),
    ...planLimits(network.limits),
    ...families(network).flatMap((family) => planRoutes(network, family)),
    planForwarding(families(network)),
    ...planInside(network),
  ]
}

function families({ addresses }: JobNetwork): Family[] {
  return [...new Set(addresses.map(familyOf))]
}

function planPair({ pid }: JobNetwork): CommandStep[] {
  const inside = `peer name ${INSIDE} address ${MACS.inside} netns ${pid}`
  const lines = [
    `link add ${JOB} address ${MACS.outer} type veth ${inside}`,
    `link set dev ${JOB} up`,
  ]
  return ipSteps({ reason: 'the device of a job', lines: lines.map((line) => ({ line })) })
}

/** Towards the job where its packets end; away from it where they leave, by the tunnel or not. */
function planLimits({ rx, tx }: JobNetwork['limits']): CommandStep[] {
  const limit = (dev: string, rate: number): CommandStep => ({
    ...{ kind: 'command', reason: 'limit of a job' },
    argv: ['tc', 'qdisc', 'add', 'dev', dev, 'root', 'tbf', ...bucketOf(rate)],
  })
  return [
    ...(rx === undefined ? [] : [limit(JOB, rx)]),
    ...(tx === undefined ? [] : [limit(UPLINK, tx)]),
  ]
}

/** So much at once as comes in 5 ms, and never less than a few packets. */
function bucketOf(rate: number): string[] {
  const burst = Math.max(16_384, Math.ceil(rate / 8 / 200))
  return ['rate', `${rate}bit`, 'burst', `${burst}`, 'latency', '50ms']
}

/**
 * The tunnel's device keeps the job's address, because from there this end says hello and keeps it awake. What comes
 * in by it is the job's all the same: so its rule goes before the table of local addresses.
 */
function planRoutes({ addresses, tunnel, route }: JobNetwork, family: Family): CommandStep[] {
  const dev = deviceName(tunnel.device)
  const own = addresses.filter((address) => familyOf(address) === family)
  const mac = MACS.inside
  const all = [
    `route add default dev ${dev} mtu lock ${tunnel.mtu} table ${FROM_JOB}`,
    `rule add pref 2 iif ${JOB} lookup ${FROM_JOB}`,
  ]
  const lines = [
    ...own.flatMap((address) => [
      `route add ${address} dev ${JOB} table ${TO_JOB}`,
      `neigh add ${address} lladdr ${mac} dev ${JOB} nud permanent`,
    ]),
    `route add unreachable default table ${TO_JOB}`,
    `rule add pref 1 iif ${dev} lookup ${TO_JOB}`,
    // Answers to the job that come by the uplink were its own packets, masqueraded.
    `rule add pref 1 iif ${UPLINK} to ${own[0]} lookup ${TO_JOB}`,
    ...(route === 'all' ? all : []),
    'rule add pref 10 lookup local',
    'rule del pref 0',
  ]
  const reason = 'ways to a job and from it'
  return ipSteps({ reason, family, lines: lines.map((line) => ({ line })) })
}

const TO_JOB = 101
const FROM_JOB = 102

function planForwarding(all: readonly Family[]): CommandStep {
  const v4 = 'net.ipv4'
  const settings = [
    `${v4}.conf.all.rp_filter=0`,
    `${v4}.conf.${JOB}.rp_filter=0`,
    `${v4}.conf.${JOB}.accept_local=1`,
    `${v4}.ip_forward=1`,
    ...(all.includes('ipv6') ? ['net.ipv6.conf.all.forwarding=1'] : []),
  ]
  return { kind: 'command', reason: 'forward', argv: ['sysctl', '-q', '-w', ...settings] }
}

/** The job's own side: its addresses, one way out, and ping for who is not root. */
function planInside(network: JobNetwork): CommandStep[] {
  const common = ['link set dev lo up', `link set dev ${INSIDE} up`]
  const lines = families(network).flatMap((family) => insideLines(network, family))
  const enter = ['nsenter', '-t', `${network.pid}`, '-n'] as const
  const text = [...common, ...lines].map((line) => `${line}\n`).join('')
  const step = { kind: 'command', reason: 'the network that a job sees' } as const
  return [
    { ...step, argv: [...enter, 'ip', '-batch', '-'], input: text },
    // The one group that there is, which is the job's.
    { ...step, argv: [...enter, 'sysctl', '-q', '-w', 'net.ipv4.ping_group_range=0 0'] },
  ]
}

function insideLines({ addresses }: JobNetwork, family: Family): string[] {
  const own = addresses.filter((address) => familyOf(address) === family)
  const gateway = GATEWAY[family]
  return [
    ...own.map((address) =>
      family === 'ipv4'
        ? `addr add ${address}/32 dev ${INSIDE}`
        : `addr add ${address}/128 dev ${INSIDE} nodad`,
    ),
    `neigh add ${gateway} lladdr ${MACS.outer} dev ${INSIDE} nud permanent`,
    `route add default via ${gateway} dev ${INSIDE} onlink src ${own[0]}`,
  ]
}
