import { describe, expect, it } from 'vitest'
import {
  listIdentities,
  listSites,
  renderHosts,
  renderReverseZone,
  renderSites,
  renderZone,
} from '../../src/profile/names.ts'
import { loadTexts } from './load-texts.ts'
import { twoSites } from './two-sites.ts'

describe('the names of all slots', async () => {
  const profile = await loadTexts(twoSites)

  it('as lines of hosts(5)', () => {
    expect(`\n${renderHosts(listIdentities(profile))}`).toMatchInlineSnapshot(`
      "
      10.200.1.1 aruba-1.farm.example.org aruba-1
      fd5a:1:2::1:1 aruba-1.farm.example.org aruba-1
      10.200.1.2 aruba-2.farm.example.org aruba-2
      fd5a:1:2::1:2 aruba-2.farm.example.org aruba-2
      10.200.1.3 aruba-3.farm.example.org aruba-3
      fd5a:1:2::1:3 aruba-3.farm.example.org aruba-3
      10.200.2.1 hpc-1.farm.example.org hpc-1
      10.200.2.2 hpc-2.farm.example.org hpc-2
      10.200.64.1 hpc-job-1.farm.example.org hpc-job-1
      10.200.64.2 hpc-job-2.farm.example.org hpc-job-2
      10.200.64.3 hpc-job-3.farm.example.org hpc-job-3
      10.200.64.4 hpc-job-4.farm.example.org hpc-job-4
      10.200.64.5 hpc-job-5.farm.example.org hpc-job-5
      10.200.64.6 hpc-job-6.farm.example.org hpc-job-6
      "
    `)
  })

  it('as records of the zone', () => {
    const text = renderZone(listIdentities(profile, 'aruba'), profile.centre.domain)
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      ; The machines of farm.example.org, for $INCLUDE: raise the serial of your zone when this text changes.
      $ORIGIN farm.example.org.
      aruba-1 IN A 10.200.1.1
      aruba-1 IN AAAA fd5a:1:2::1:1
      aruba-2 IN A 10.200.1.2
      aruba-2 IN AAAA fd5a:1:2::1:2
      aruba-3 IN A 10.200.1.3
      aruba-3 IN AAAA fd5a:1:2::1:3
      "
    `)
  })

  it('as records of the reverse zones', () => {
    const text = renderReverseZone(
      listIdentities(profile, 'aruba').slice(0, 1),
      profile.centre.domain,
    )
    expect(`\n${text}`).toMatchInlineSnapshot(`
      "
      ; The machines of farm.example.org, for $INCLUDE: raise the serial of your zone when this text changes.
      1.1.200.10.in-addr.arpa. IN PTR aruba-1.farm.example.org.
      1.0.0.0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.1.0.0.0.a.5.d.f.ip6.arpa. IN PTR aruba-1.farm.example.org.
      "
    `)
  })

  it('are not listed when there is no end of them', async () => {
    const endless = twoSites['sites/hpc.yaml'].replace('10.200.64.0/29', '"fd5a:1:2::8:0:0/96"')
    const profile = await loadTexts({ ...twoSites, 'sites/hpc.yaml': endless })
    expect(() => listIdentities(profile)).toThrow('site "hpc" has 4294967295 job slots')
    expect(listIdentities(profile, 'aruba')).toHaveLength(3)
  })

  it('are refused for a site that is not there', () => {
    expect(() => listIdentities(profile, 'arubba')).toThrow('no site "arubba"')
  })
})

it('lists the sites', async () => {
  const profile = await loadTexts(twoSites)
  expect(`\n${renderSites(listSites(profile))}`).toMatchInlineSnapshot(`
    "
    SITE   NODES                            SLOTS  JOBS            TUNNELS      SERVICES  CLASSES
    aruba  fd5a:1:2::1:0/112,10.200.1.0/24  3      -               wg1|wg2,tcp  ce,disk   cache
    hpc    10.200.2.0/24                    2      10.200.64.0/29  tcp          cups      -
    "
  `)
})
