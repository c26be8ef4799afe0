import type { Machine } from '../../apply/machine.ts'
import { observeJson } from '../../apply/observe.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { fileUnlessRefused, outputOf } from '../reading.ts'
import type { OwnNetworks } from './overlap.ts'

/** What the machine has of networks that dynfarm did not make. */
export async function observeOwn(
  machine: Machine,
  { foreign }: ObservedNetwork,
): Promise<OwnNetworks> {
  const [gateways4, gateways6, resolvers] = await Promise.all([
    gatewaysOf(machine, '-4'),
    gatewaysOf(machine, '-6'),
    resolversOf(machine),
  ])
  return {
    addresses: foreign.addresses,
    routes: [...foreign.routes].flatMap(destinationOf),
    gateways: [...gateways4, ...gateways6],
    resolvers,
  }
}

/** TABLE DESTINATION METRIC; what is local, or broadcast, is known by its address. */
function destinationOf(key: string): string[] {
  const [table, to] = key.split(' ')
  return to === undefined || table === LOCAL_TABLE ? [] : [to]
}

const LOCAL_TABLE = '255'

async function gatewaysOf(machine: Machine, family: '-4' | '-6'): Promise<string[]> {
  const routes = await observeJson(['ip', family, '-N', '-json', 'route', 'show', 'default'], {
    machine,
  })
  if (!Array.isArray(routes)) return []
  return routes.flatMap(({ gateway }) => (typeof gateway === 'string' ? [gateway] : []))
}

/** Behind systemd-resolved's own address stand those that it asks. */
async function resolversOf(machine: Machine): Promise<string[]> {
  const real = await fileUnlessRefused(machine, '/run/systemd/resolve/resolv.conf')
  const text =
    real === undefined
      ? await outputOf(machine, ['cat', '/etc/resolv.conf'])
      : Buffer.from(real.content).toString()
  return [...(text ?? '').matchAll(/^nameserver\s+([0-9a-fA-F.:]+)/gm)].flatMap(
    ([, address]) => address ?? [],
  )
}
