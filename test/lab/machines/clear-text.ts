import type { Machine } from './machine.ts'

/** At the provider's router: how many packets of the borrowed machine are for services, and how many for the host that it may reach. */
export async function watchRouter(hub: Machine): Promise<() => Promise<Seen>> {
  const inRouter = ['ip', 'netns', 'exec', 'internet', 'nft']
  await hub.must([...inRouter, '-f', '-'], { input: counters })
  return async () => {
    const listed = JSON.parse(await hub.must([...inRouter, '-j', 'list', 'table', 'ip', 'watch']))
    const packets = (wanted: string): number =>
      listed.nftables.find((item: Item) => item.counter?.name === wanted).counter.packets
    return { services: packets('services'), other: packets('other') }
  }
}

export interface Seen {
  services: number
  other: number
}

interface Item {
  counter?: { name: string; packets: number }
}

const counters = `
table ip watch {
  counter services {}
  counter other {}
  chain prerouting {
    type filter hook prerouting priority raw
    iifname eth0 ip daddr 192.0.2.0/24 counter name services
    iifname eth0 ip daddr 203.0.113.10 udp dport 9 counter name other
  }
}
`
