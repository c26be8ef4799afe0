import { loadValid } from '../../profile/load.ts'
import type { Profile } from '../../profile/types.ts'
import { parseServerUrl } from '../requests/target.ts'
import type { Bundle } from './bundle.ts'

export interface AdminUrls {
  urls: string[]
  /** Why a workstation may not reach the server by them. */
  warnings: string[]
}

interface Wanted {
  /** As given; what is none is refused. */
  urls: readonly string[]
  /** Of who makes it. */
  bundle: Bundle | undefined
  configDir: string
}

/** What the holder of a new bundle dials: as given, else as its maker does, else as the profile has it. */
export async function adminUrls({ urls, bundle, configDir }: Wanted): Promise<AdminUrls> {
  if (urls.length > 0) return withWarnings(urls.map((url) => parseServerUrl(url).name))
  if (bundle !== undefined) return { urls: bundle.urls, warnings: [] }
  return urlsOf(await loadValid(configDir))
}

/** The server's certificate is for the names that machines dial, so the admin listener goes by them too. */
export function urlsOf({ centre: { server } }: Pick<Profile, 'centre'>): AdminUrls {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(server.admin) ?? []
  const urls = server.urls.map((text) => {
    const url = new URL(text)
    url.port = port
    return url.origin
  })
  const given = withWarnings([...new Set(urls)])
  if (!isLoopback(host)) return given
  const why = `the admin listener is at "${server.admin}", which no other host reaches; see "admin" in centre.yaml`
  return { ...given, warnings: [...given.warnings, why] }
}

function withWarnings(urls: string[]): AdminUrls {
  const own = urls.filter((url) => isLoopback(new URL(url).hostname))
  const warnings = own.map((url) => `"${url}" is this host alone; --url says what others dial`)
  return { urls, warnings }
}

export function isLoopback(host: string): boolean {
  return /^127\.|^\[::1\]$|^localhost$/.test(host)
}
