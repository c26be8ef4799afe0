import { listOf, type Profile, type Site } from '../types.ts'
import { type Flow, flowsBetween } from './flow.ts'

/** What reaches the server, and the database that it reaches. */
export function serverFlows(profile: Profile): Flow[] {
  const { urls, admin, database } = profile.centre.server
  return [
    ...urls.flatMap((url) => joinFlows(profile, url)),
    ...adminFlows(admin),
    ...(database === 'sqlite' ? [] : databaseFlows(urls, database)),
  ]
}

function joinFlows(profile: Profile, url: string): Flow[] {
  const { hubs, services } = profile.centre
  const from = (sources: readonly string[], why: string) =>
    flowsBetween(
      { sources, destinations: [hostOf(url)] },
      { protocol: 'tcp', port: portOf(url), why },
    )
  return [
    ...[...profile.sites.values()].flatMap((site) => from(sourcesOf(site), `${site.site} joins`)),
    ...Object.entries(hubs).flatMap(([name, hub]) =>
      from(listOf(hub.local), `${name} follows the server`),
    ),
    ...Object.entries(services)
      .filter(([, { link }]) => link === 'gre' || link === 'vxlan')
      .flatMap(([name, service]) => from(listOf(service.address), `${name} joins`)),
  ]
}

/** Without `match.source` a site's machines may come from anywhere. */
export function sourcesOf(site: Site): readonly string[] {
  return site.match?.source ?? ['any']
}

function adminFlows(admin: string): Flow[] {
  const host = hostOf(`https://${admin}`)
  const local = host === '::1' || host.startsWith('127.')
  return flowsBetween(
    { sources: [local ? host : 'any'], destinations: [host] },
    {
      protocol: 'tcp',
      port: portOf(`https://${admin}`),
      why: local
        ? 'administration, within the server: nothing to open'
        : "administration: from the administrators' hosts only",
    },
  )
}

function databaseFlows(urls: readonly string[], database: string): Flow[] {
  const url = new URL(database)
  if (url.hostname === '') return []
  return flowsBetween(
    { sources: urls.map(hostOf), destinations: [withoutBrackets(url.hostname)] },
    { protocol: 'tcp', port: url.port || '5432', why: 'the server keeps its data' },
  )
}

function hostOf(url: string): string {
  return withoutBrackets(new URL(url).hostname)
}

function portOf(url: string): string {
  return new URL(url).port || '443'
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
