import { familyOf } from '../address.ts'
import type { JobNetwork } from './job-network.ts'
import { JOB, UPLINK } from './names.ts'

/**
 * Only from the job to the tunnel and to the uplink, and from the tunnel to the job; never from the tunnel to the uplink, and
 * nothing from the job to the processes that hold its network. Tables of its own: the tunnel's planner knows one.
 */
export function renderFirewall({ tunnel, route, closed }: JobNetwork): string {
  const out = `iifname "${JOB}" oifname "${UPLINK}"`
  // A rule for each: within a set, prefixes must not overlap.
  const refused = closed.map((to) => `${out} ${selectorOf(to)} ${to} reject`)
  return `table inet job {
  chain forward {
    type filter hook forward priority 0; policy drop;
    tcp flags syn tcp option maxseg size set rt mtu
    ct state established,related accept
    iifname "${JOB}" oifname "${tunnel.device}" accept
    iifname "${tunnel.device}" oifname "${JOB}" accept
${route === 'all' ? '' : [...refused, `${out} accept`].map((rule) => `    ${rule}\n`).join('')}    iifname "${JOB}" reject
  }
  chain input {
    type filter hook input priority 0; policy accept;
    iifname "${JOB}" drop
  }
}
table ip job {
  chain postrouting {
    type nat hook postrouting priority 100;
    oifname "${UPLINK}" masquerade
  }
}
`
}

function selectorOf(address: string): 'ip daddr' | 'ip6 daddr' {
  return familyOf(address) === 'ipv4' ? 'ip daddr' : 'ip6 daddr'
}
