import { listOf, type Profile, type Site } from '../../profile/types.ts'
import type { FeedNode } from '../../protocol/records.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'

type SiteRules = CentreConfig['sites'][number]

/** What nodes of each site may reach among these services. */
export function siteRules(profile: Profile, services: readonly string[]): SiteRules[] {
  return [...profile.sites.values()].map((site) => rulesOf(profile, site, services))
}

export function reachesAny({ services, classes }: SiteRules): boolean {
  return services.length > 0 || classes.some((one) => one.services.length > 0)
}

function rulesOf(profile: Profile, site: Site, known: readonly string[]): SiteRules {
  const only = (names: readonly string[]) => names.filter((name) => known.includes(name))
  const { nodes, jobs = [], limits, classes } = site
  return {
    site: site.site,
    nodes: [...listOf(nodes)],
    jobs: [...listOf(jobs)],
    services: only(site.services),
    classes: Object.keys(classes).map((name) => ({
      name,
      services: only(classServices(site, name)),
    })),
    'node-to-node': site['node-to-node'],
    'log-flows': site['log-flows'] ?? profile.centre['log-flows'],
    ...(limits.rx !== undefined && { rx: limits.rx }),
    ...(limits.tx !== undefined && { tx: limits.tx }),
    ...(limits.connections !== undefined && { connections: limits.connections }),
  }
}

/** What a node may reach by its site and class; nothing when its site is not configured any more. */
export function servicesOf(
  { sites }: Profile,
  { site: name, class: ofClass }: Pick<FeedNode, 'site' | 'class'>,
): readonly string[] {
  const site = sites.get(name)
  if (site === undefined) return []
  return ofClass === null ? site.services : classServices(site, ofClass)
}

function classServices(site: Site, name: string): readonly string[] {
  const says = Object.hasOwn(site.classes, name) ? site.classes[name] : undefined
  return says?.services ?? site.services
}
