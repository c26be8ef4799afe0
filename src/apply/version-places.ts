/** Where versions lie side by side; the package's own file is another one. */
export const versionsRoot = '/opt/dynfarm'

export interface VersionPlaces {
  /** A symlink to the folder of the version that is in force. */
  link: string
  /** One folder for each version. */
  folder: string
}

export function versionPlaces(root: string): VersionPlaces {
  return { link: `${root}/current`, folder: `${root}/versions` }
}

export function executablePath(root: string, version: string): string {
  return `${root}/versions/${version}/dynfarm`
}

/** Names the latest version that it goes before, though it is older: where the centre wished that. */
export function olderInsteadPath(root: string, version: string): string {
  return `${root}/versions/${version}/instead-of`
}

export function linkGoal(version: string): string {
  return `versions/${version}`
}

/** undefined for a link that dynfarm did not make. */
export function versionInGoal(goal: string): string | undefined {
  return /^versions\/([0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?)$/.exec(goal)?.[1]
}
