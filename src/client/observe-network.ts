import type { Machine } from '../apply/machine.ts'
import { observe } from '../apply/observe.ts'
import type { ObservedNetwork } from '../net/network.ts'
import { parseNetwork, type Readings, readCommands } from '../net/read.ts'

/** The network of the machine as the planners compare it with what is wanted. */
export async function observeNetwork(machine: Machine): Promise<ObservedNetwork> {
  const readings = Object.entries(readCommands).map(
    async ([name, argv]) => [name, await observe(argv, { machine })] as const,
  )
  return parseNetwork(Object.fromEntries(await Promise.all(readings)) as Readings)
}
