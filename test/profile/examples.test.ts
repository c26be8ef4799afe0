import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { listFlows, renderFlows } from '../../src/profile/flows.ts'
import { loadProfile } from '../../src/profile/load.ts'
import { listIdentities, listSites, renderSites, renderZone } from '../../src/profile/names.ts'
import { renderEffective } from '../../src/profile/render.ts'
import { resolveNode } from '../../src/profile/resolve.ts'
import type { Profile } from '../../src/profile/types.ts'

/** What follows from the example configuration, in full: read the changes of these files before taking them. */
describe('the example centre', async () => {
  const profile = await loadExamples()
  const golden = (name: string, text: string) => expect(text).toMatchFileSnapshot(`golden/${name}`)

  it.each(kindsOfNodes(profile))('gives a node of $name', async ({ name, ...wanted }) => {
    await golden(
      `${name}.yaml`,
      renderEffective(resolveNode(profile, { ...wanted, slot: 1 }), profile),
    )
  })

  it('asks for these flows', async () => {
    await golden('flows.txt', renderFlows(listFlows(profile)))
  })

  it('has these sites and names', async () => {
    await golden('sites.txt', renderSites(listSites(profile)))
    await golden(
      'openstack.zone',
      renderZone(listIdentities(profile, 'openstack'), profile.centre.domain),
    )
  })
})

function kindsOfNodes(profile: Profile): { name: string; site: string; class?: string }[] {
  return [...profile.sites].flatMap(([site, { classes }]) => [
    { name: site, site },
    ...Object.keys(classes).map((name) => ({ name: `${site}-${name}`, site, class: name })),
  ])
}

async function loadExamples(): Promise<Profile> {
  const { profile, problems } = await loadProfile(
    fileURLToPath(new URL('../../configs', import.meta.url)),
  )
  if (profile === undefined) throw new Error(JSON.stringify(problems))
  return profile
}
