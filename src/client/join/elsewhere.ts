import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { Reach } from './reach.ts'

/** Where the kernel sends packets to an address now. */
export interface Lead {
  address: string
  dev: string
  /** By its name or number; the main one when absent. */
  table?: string
}

/**
 * dynfarm's routes are in the main table. A rule of the machine's that has another one asked before it would lead what is for the centre
 * elsewhere, in clear, though the tunnel itself carries traffic.
 */
export async function refuseElsewhere(
  machine: Machine,
  device: string,
  reach: Reach,
): Promise<void> {
  const { elsewhere: all } = await findLeads(machine, device, reach)
  if (all.length === 0) return
  throw new DynfarmError('networks-overlap', all.join('; '), {
    hint: 'its network is as it was; have no rule ("ip rule") ask that table before the main one, or let the table leave these addresses out',
    details: { overlaps: all },
  })
}

export interface Leads {
  /** What is not led to the device, a line each. */
  elsewhere: string[]
  /** What nothing is sent to. */
  nowhere: string[]
}

export async function findLeads(
  machine: Machine,
  device: string,
  { through }: Reach,
): Promise<Leads> {
  const single = through.filter(({ to }) => /\/(32|128)$/.test(to))
  const whats = new Map(single.map(({ to, what }) => [to.replace(/\/.*/, ''), what]))
  const input = [...whats.keys()].map((address) => `route get ${address}\n`).join('')
  const { stdout } = await machine.run({ argv: ['ip', '-o', '-force', '-batch', '-'], input })
  const leads = parseLeads(stdout)
  const name = (address: string) => `"${address}" (${whats.get(address) ?? 'of the centre'})`
  const has = new Set(leads.map(({ address }) => address))
  return {
    elsewhere: leads
      .filter(({ dev }) => dev !== device)
      .map(({ address, dev, table = 'main' }) => {
        return `${name(address)} is led to "${dev}" by table "${table}", not to "${device}"`
      }),
    nowhere: [...whats.keys()].filter((address) => !has.has(address)).map(name),
  }
}

/** What has no route, as nothing is sent there, is none of them. */
export function parseLeads(output: string): Lead[] {
  const lines = output.matchAll(/^(?:[a-z]+ )?([0-9a-f.:]+)( .*)? dev (\S+)(.*)$/gm)
  return Array.from(lines, ([, address = '', , dev = '', rest = '']) => {
    const [, table] = / table (\S+)/.exec(rest) ?? []
    return { address, dev, ...(table !== undefined && { table }) }
  })
}
