import { becomeService, enrolledHub } from './host.ts'
import type { Joined, Known, Work } from './joined.ts'
import { becomeKnown } from './known.ts'
import { becomeNode, observeAround } from './node.ts'
import { type NodeAnswer, withoutIPv6 } from './reach.ts'
import { findKept } from './state.ts'
import { considerOffer, type Offer } from './update.ts'
import type { Update } from './update-note.ts'

/** Asks who this machine is to be, and makes it that; or ends with the version that is to do so. */
export async function becomePart(work: Work): Promise<Joined | { offer: Offer }> {
  const found = await findKept(work.machine, work.paths)
  const around = observeAround(work, found)
  // While the server is asked; what is wrong with it is told to who needs it.
  around.catch(() => {})
  const known = await becomeKnown(work, found)
  const { node, host } = known.kept.answer
  if (node !== undefined) {
    const release = await releaseFor(work, known)
    if ('offer' in release) return release
    const answer = forThisKernel({ ...known.kept.answer, node }, work)
    return await becomeNode({ ...work, ...release, ...(await around) }, { ...known, answer })
  }
  if (host === undefined) throw new Error('an answer without a node or a host was taken')
  return host.role === 'hub'
    ? await enrolledHub(work, known, host)
    : await becomeService(work, known, host)
}

function forThisKernel(answer: NodeAnswer, { network, log }: Work): NodeAnswer {
  const possible = network.lacksIPv6 === true ? withoutIPv6(answer) : answer
  if (possible !== answer) log.warn('the kernel has no IPv6: this machine joins with IPv4 alone')
  return possible
}

/** Only what the server says now: what it said once may have been taken back. */
async function releaseFor(
  work: Work,
  known: Known,
): Promise<{ offer: Offer } | { update?: Update | undefined }> {
  const { update, asUpdate = false } = work
  if (update !== undefined || asUpdate || !known.isFresh) return { update }
  return (await considerOffer(work, known)) ?? {}
}
