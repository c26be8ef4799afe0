import type { Machine } from '../apply/machine.ts'
import { observeJson } from '../apply/observe.ts'

/**
 * By which this very machine is reached, its loopback aside, as addresses and prefixes. The kernel's own table has those
 * of the loopback's device and of devices that are down too, which no list of the interfaces that work has.
 */
export async function observeOwnAddresses(machine: Machine): Promise<string[]> {
  const families = ['-4', '-6'].map((family) =>
    observeJson(['ip', family, '-json', 'route', 'show', 'table', 'local'], { machine }),
  )
  return (await Promise.all(families)).flatMap(parseLocal)
}

export function parseLocal(routes: unknown): string[] {
  if (!Array.isArray(routes)) return []
  const own = routes.filter(({ type, dst }) => type === 'local' && !isLoopback.test(dst))
  return [...new Set(own.map(({ dst }): string => dst))]
}

const isLoopback = /^127\.|^::1$|^default$/
