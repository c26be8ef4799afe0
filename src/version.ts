import { getAsset, isSea } from 'node:sea'
import type { Result } from './commands/command.ts'

interface Build {
  version: string
  commit: string
  platform: string
  /** SHA-256 of the bundle's list of files, as scripts/build writes it. */
  bundle: string
}

export function version(): Result {
  const build = readBuild()
  const { version, commit, platform, bundle } = build
  return { text: `dynfarm ${version} (${commit}) ${platform} bundle ${bundle}\n`, json: build }
}

function readBuild(): Build {
  if (isSea()) return JSON.parse(getAsset('build.json', 'utf8')) as Build
  return {
    version: 'source',
    commit: 'source',
    platform: `${process.platform}-${process.arch}`,
    bundle: 'none',
  }
}
