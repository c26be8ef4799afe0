import { stringify } from 'yaml'
import { DynfarmError } from '../../errors.ts'
import { findSite } from '../../profile/resolve/context.ts'
import type { Profile } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { renderTime } from './times.ts'

/** Where machines of a site ask; the profile says it before a token is made. */
export interface Destination {
  centre: string
  site: string
  servers: readonly string[]
  proxy: string | undefined
}

export function destinationOf(profile: Profile, name: string | undefined): Destination {
  if (name === undefined) throw new DynfarmError('usage', '--site is missing')
  const { proxy } = findSite(profile, name)
  const { centre, server } = profile.centre
  return { centre, site: name, servers: server.urls, proxy }
}

/** What a new machine's cloud hands to its cloud-init: join.yaml, which only root can read once it lies there. */
export function renderUserData(
  { centre, site, servers, proxy }: Destination,
  { token, expires }: Pick<AnswerOf<'tokenCreate'>, 'token' | 'expires'>,
): string {
  const join = { servers: [...servers], ...(proxy !== undefined && { proxy }), token }
  const file = { path: '/etc/dynfarm/join.yaml', owner: 'root:root', permissions: '0600' }
  const data = { write_files: [{ ...file, content: stringify(join, { lineWidth: 0 }) }] }
  const about = [
    `Makes one machine a node of site "${site}" of "${centre}"; dynfarm is in its image.`,
    'Whatever runs on the machine can read its user-data. So the token in it is good for one',
    `machine, until ${renderTime(expires)}.`,
  ]
  const comment = about.map((line) => `# ${line}\n`).join('')
  return `#cloud-config\n${comment}${stringify(data, { lineWidth: 0 })}`
}
