import { describe, expect, it } from 'vitest'
import { listFlows, renderFlows } from '../../src/profile/flows.ts'
import { loadTexts } from './load-texts.ts'
import { twoSites } from './two-sites.ts'

describe('the flows for the firewall ticket', async () => {
  const profile = await loadTexts(twoSites)

  it('name every way through, of both families', () => {
    expect(`\n${renderFlows(listFlows(profile))}`).toMatchInlineSnapshot(`
      "
      SOURCE            DESTINATION       PROTOCOL  PORT   WHY
      198.51.100.0/24   join.example.org  tcp       443    aruba joins
      2001:db8:2::/48   join.example.org  tcp       443    aruba joins
      any               join.example.org  tcp       443    hpc joins
      192.0.2.10        join.example.org  tcp       443    hub1 follows the server
      2001:db8:1::10    join.example.org  tcp       443    hub1 follows the server
      192.0.2.11        join.example.org  tcp       443    hub2 follows the server
      192.0.2.22        join.example.org  tcp       443    ce joins
      192.0.2.31        join.example.org  tcp       443    disk joins
      2001:db8:1::31    join.example.org  tcp       443    disk joins
      2001:db8:2::/48   2001:db8::10      tcp       8443   aruba joins
      any               2001:db8::10      tcp       8443   hpc joins
      2001:db8:1::10    2001:db8::10      tcp       8443   hub1 follows the server
      2001:db8:1::31    2001:db8::10      tcp       8443   disk joins
      127.0.0.1         127.0.0.1         tcp       8444   administration, within the server: nothing to open
      join.example.org  db.example.org    tcp       5432   the server keeps its data
      2001:db8::10      db.example.org    tcp       5432   the server keeps its data
      198.51.100.0/24   203.0.113.10      udp       51820  aruba to hub1, tunnel wg1
      2001:db8:2::/48   2001:db8::10      udp       51820  aruba to hub1, tunnel wg1
      198.51.100.0/24   203.0.113.11      udp       51820  aruba to hub2, tunnel wg2
      198.51.100.0/24   203.0.113.12      tcp       443    aruba to hub1, tunnel tcp
      any               203.0.113.12      tcp       443    hpc to hub1, tunnel tcp
      192.0.2.10        192.0.2.22        gre (47)  -      link of hub1 and ce
      192.0.2.22        192.0.2.10        gre (47)  -      link of hub1 and ce
      192.0.2.11        192.0.2.22        gre (47)  -      link of hub2 and ce
      192.0.2.22        192.0.2.11        gre (47)  -      link of hub2 and ce
      192.0.2.10        192.0.2.31        udp       4789   link of hub1 and disk
      2001:db8:1::10    2001:db8:1::31    udp       4789   link of hub1 and disk
      192.0.2.31        192.0.2.10        udp       4789   link of hub1 and disk
      2001:db8:1::31    2001:db8:1::10    udp       4789   link of hub1 and disk
      2001:db8:1::10    2001:db8:1::40    tcp       631    nodes through hub1 and cups
      2001:db8:1::10    2001:db8:1::40    icmpv6    -      nodes through hub1 and cups
      10.1.0.0/16       10.1.0.0/16       tcp       7788   aruba relays copies, within the site
      "
    `)
  })

  it('are records as well', () => {
    expect(listFlows(profile)[0]).toMatchInlineSnapshot(`
      {
        "destination": "join.example.org",
        "port": "443",
        "protocol": "tcp",
        "source": "198.51.100.0/24",
        "why": "aruba joins",
      }
    `)
  })
})
