export interface OpenvpnVersion {
  major: number
  minor: number
}

/** Of the first line of what it says to --version. */
export function parseVersion(output: string): OpenvpnVersion | undefined {
  const [, major, minor] = /^OpenVPN (\d{1,3})\.(\d{1,3})[. _-]/.exec(output) ?? []
  return minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}

export function isAtLeast(version: OpenvpnVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
