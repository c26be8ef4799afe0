import type { NodeConfig } from '../../profile/effective.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'

type SiteConfig = NonNullable<AnswerOf<'join'>['site']>

/** The customisation of one node, as it is sent. */
export function siteConfig(config: NodeConfig): SiteConfig {
  const { centre, site, hostname, proxy, hosts, commands, checks, labels, admins, relay } = config
  return {
    nodes: [...centre.nodes],
    'node-to-node': site['node-to-node'],
    hostname,
    try: config.try,
    ...(proxy !== undefined && { proxy }),
    hosts,
    files: config.files.map(sentFile),
    commands,
    checks,
    labels,
    admins,
    update: config.release.update,
    ...(relay && { relay }),
  }
}

/** JSON has no bytes: what is not text goes in base64. */
function sentFile({ content, ...file }: NodeConfig['files'][number]): SiteConfig['files'][number] {
  return typeof content === 'string'
    ? { ...file, content, encoding: 'utf8' }
    : { ...file, content: Buffer.from(content).toString('base64'), encoding: 'base64' }
}
