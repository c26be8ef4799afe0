import type { Machine } from '../apply/machine.ts'
import { observe } from '../apply/observe.ts'
import type { ObservedNetwork } from '../net/network.ts'
import { hasIPv6, parseNetwork, type Readings, readCommands } from '../net/read.ts'

/** The network of the machine as the planners compare it with what is wanted. */
export async function observeNetwork(machine: Machine): Promise<ObservedNetwork> {
  const { rules6: ofRules, ...commands } = readCommands
  const asking = observe(ofRules, { machine }).catch((error: unknown) => ({ error }))
  const reading = Object.entries(commands).map(
    async ([name, argv]) => [name, await observe(argv, { machine })] as const,
  )
  const readings = Object.fromEntries(await Promise.all(reading)) as Omit<Readings, 'rules6'>
  const rules6 = await asking
  if (typeof rules6 === 'string') return parseNetwork({ ...readings, rules6 })
  if (hasIPv6(readings)) throw rules6.error
  return parseNetwork({ ...readings, rules6: undefined })
}

/** For who needs to know no more of it. */
export async function lacksIPv6(machine: Machine): Promise<boolean> {
  return !hasIPv6({ sysctls: await observe(readCommands.sysctls, { machine }) })
}
