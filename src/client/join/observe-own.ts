import type { Machine } from '../../apply/machine.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { fileUnlessRefused, outputOf } from '../reading.ts'
import type { OwnNetworks } from './overlap.ts'

/** What the machine has of networks that dynfarm did not make. */
export async function observeOwn(
  machine: Machine,
  { foreign }: ObservedNetwork,
): Promise<OwnNetworks> {
  return {
    addresses: foreign.addresses,
    routes: [...foreign.routes].flatMap(destinationOf),
    gateways: foreign.gateways,
    resolvers: await resolversOf(machine),
  }
}

/** TABLE DESTINATION METRIC; what is local, or broadcast, is known by its address. */
function destinationOf(key: string): string[] {
  const [table, to] = key.split(' ')
  return to === undefined || table === LOCAL_TABLE ? [] : [to]
}

const LOCAL_TABLE = '255'

/** Behind systemd-resolved's own address stand those that it asks. */
async function resolversOf(machine: Machine): Promise<string[]> {
  const text =
    (await textOf(machine, '/run/systemd/resolve/resolv.conf')) ??
    (await textOf(machine, '/etc/resolv.conf')) ??
    // Whosever link it is: nothing is written there.
    (await outputOf(machine, ['cat', '/etc/resolv.conf']))
  return [...(text ?? '').matchAll(/^nameserver\s+([0-9a-fA-F.:]+)/gm)].flatMap(
    ([, address]) => address ?? [],
  )
}

async function textOf(machine: Machine, path: string): Promise<string | undefined> {
  const file = await fileUnlessRefused(machine, path)
  return file && Buffer.from(file.content).toString()
}
