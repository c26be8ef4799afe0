import { realMachine } from '../apply/real-machine.ts'
import type { PrivateFolder } from './edge/folder.ts'
import { readDropped } from './edge/outer.ts'
import { readCount, readText } from './edge/own.ts'
import type { JobIdentity } from './enrolment.ts'
import { hostsFor, resolvFor } from './hosts.ts'
import type { Held } from './inside.ts'
import { JOB } from './names.ts'
import type { RunOptions } from './options.ts'
import { observeOwnAddresses } from './own-addresses.ts'
import type { Opening, Ready } from './ready.ts'
import { openSpace, type Space } from './space.ts'

/** Mode `ns`: a network of the job's own. */
export async function openInNamespaces(options: RunOptions, opening: Opening): Promise<Ready> {
  const { closing, folder, joining, tokenFiles, tools, signal, joined } = opening
  const entering = closing.after(openSpace({ ...options, tokenFiles }, folder, tools), (space) =>
    space.end(),
  )
  const own = observeOwnAddresses(realMachine())
  const [identity, space, closed] = await Promise.all([joining, entering, own])
  joined(identity)
  void space.uplink.ended.then((said) =>
    options.log.warn(`slirp4netns ended, and with it the job's network${said && `: ${said}`}`),
  )
  writeNames(folder, identity, options)
  const held = await holdNetwork(options, { identity, space, closed, signal })
  return {
    ...{ identity, held, job: space.inner },
    environment: (own) => own,
    count: () => readCount(space.pid, JOB),
    dropped: async () => (isLimited(options) ? await readDropped(space, tools) : noLimits),
  }
}

const noLimits = { rx: null, tx: null }

function isLimited({ limits: { rx, tx } }: RunOptions): boolean {
  return rx !== undefined || tx !== undefined
}

/** In place: the job's mounts show these very files. */
function writeNames(folder: PrivateFolder, { answer }: JobIdentity, options: RunOptions): void {
  const hosts = hostsFor(answer.node, answer.site?.hosts ?? [], readText('/etc/hosts'))
  folder.write('hosts', hosts)
  if (options.resolv === undefined)
    folder.write('resolv.conf', resolvFor(readText('/etc/resolv.conf'), options.route))
}

interface Holding {
  identity: JobIdentity
  space: Space
  closed: readonly string[]
  signal: AbortSignal
}

async function holdNetwork(options: RunOptions, holding: Holding): Promise<Held> {
  const { identity, space, closed, signal } = holding
  const { route, limits, log } = options
  const { answer, secrets, proxy } = identity
  const order = {
    ...{ answer, secrets, proxy, route, limits },
    ...{ pid: space.inner.pid, closed },
  }
  const held = await space.keeper.hold(order, signal)
  for (const { rung, why } of held.earlier) log.warn(`rung "${rung}" does not do: ${why}`)
  return held
}
