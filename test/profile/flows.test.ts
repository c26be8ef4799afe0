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
      192.0.2.10        192.0.2.11        gre (47)  -      link of hub1 and hub2
      192.0.2.11        192.0.2.10        gre (47)  -      link of hub1 and hub2
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

it('follow what the profile says otherwise', async () => {
  const centre = twoSites['centre.yaml']
    .replace('link: vxlan', 'link: vxlan, vxlan-port: 8472')
    .replace('postgres://dynfarm@db.example.org', 'postgres://dynfarm@192.0.2.50:5433')
    .replace('server:', 'server:\n  admin: "[::1]:8445"')
  const text = await flowsOf({ 'centre.yaml': centre })
  expect(text).toMatch(/^::1 +::1 +tcp +8445 +administration, within the server/m)
  expect(text).toMatch(/^192.0.2.10 +192.0.2.31 +udp +8472 /m)
  expect(text).toMatch(/^join.example.org +192.0.2.50 +tcp +5433 /m)
  expect(text).not.toMatch(/^2001:db8::10 +192.0.2.50 /m)
})

it('say who may reach an admin listener that is open to others', async () => {
  const centre = twoSites['centre.yaml'].replace('server:', 'server:\n  admin: 192.0.2.10:8444')
  expect(await flowsOf({ 'centre.yaml': centre })).toMatch(
    /^any +192.0.2.10 +tcp +8444 +administration: from the administrators' hosts only$/m,
  )
})

it('need none for a database that is on the same host', async () => {
  const centre = twoSites['centre.yaml'].replace('@db.example.org', '')
  const local = centre.replace('postgres://dynfarm/', 'postgres:///')
  expect(await flowsOf({ 'centre.yaml': local })).not.toContain('keeps its data')
})

it('ask once for what several need', async () => {
  const text = await flowsOf({
    'sites/lab.yaml': 'site: lab\nnodes: 10.200.3.0/24\ntunnels: [tcp]\nservices: []\n',
  })
  expect(text).toMatch(
    /^any +203.0.113.12 +tcp +443 +hpc to hub1, tunnel tcp; lab to hub1, tunnel tcp$/m,
  )
})

async function flowsOf(files: Record<string, string>): Promise<string> {
  return renderFlows(listFlows(await loadTexts({ ...twoSites, ...files })))
}
