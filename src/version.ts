import { getAsset, isSea } from 'node:sea'

export interface Build {
  version: string
  commit: string
  platform: string
  /** SHA-256 of the bundle's list of files, as scripts/build writes it. */
  bundle: string
}

/** What the executable says of itself; the sources, run as they are, have no build to speak of. */
export function readBuild(): Build {
  if (isSea()) return JSON.parse(getAsset('build.json', 'utf8')) as Build
  const platform = `${process.platform}-${process.arch}`
  return { version: '0.0.0-source', commit: 'source', platform, bundle: 'none' }
}
