import { type Watch, watchCommand } from '../apply/watch.ts'
import { MARK } from '../net/network.ts'

/** Tells when anything that is, or should be, dynfarm's changed in the kernel, by whatever hand. */
export function watchKernel(changed: () => void): Watch {
  const watches = [
    watchCommand(['ip', '-N', 'monitor', 'link', 'address', 'route', 'rule', 'netconf'], {
      line: (text) => (concernsNetwork(text) ? changed() : undefined),
      missed: changed,
    }),
    watchCommand(['nft', 'monitor'], {
      line: (text) => (concernsFirewall(text) ? changed() : undefined),
      missed: changed,
    }),
    watchCommand(['tc', 'monitor'], {
      line: (text) => (concernsLimits(text) ? changed() : undefined),
      missed: changed,
    }),
  ]
  return {
    stop: () => {
      for (const watch of watches) watch.stop()
    },
  }
}

/** Queues and filters bear no mark, so these are all looked at again; of devices that are dynfarm's alone. */
export function concernsLimits(line: string): boolean {
  return line.startsWith('deleted') && /\bdev (tun|rx|tx)-[a-z]/.test(line)
}

/** What dynfarm sets bears its mark, and is no news; what goes, or touches its devices, is. */
export function concernsNetwork(line: string): boolean {
  const isMarked = new RegExp(`\\bproto(col)? ${MARK}\\b`).test(line)
  if (isMarked) return line.startsWith('Deleted')
  return /\b(tun|hub|[rt]x|gr[0-9a-z]|vx[0-9a-z])-[a-z]/.test(line)
}

export function concernsFirewall(line: string): boolean {
  return line.includes('inet dynfarm')
}
