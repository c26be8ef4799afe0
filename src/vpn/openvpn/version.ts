import type { Reading } from '../reading.ts'

export interface OpenvpnVersion {
  major: number
  minor: number
}

/** Old versions end with 1 after telling theirs. */
export function versionReading(program: string): Reading {
  return { argv: [program, '--version'], tolerate: [1] }
}

export function parseVersion(output: string): OpenvpnVersion | undefined {
  const [, major, minor] = /^OpenVPN (\d{1,3})\.(\d{1,3})[. _-]/.exec(output) ?? []
  return minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}

export function isAtLeast(version: OpenvpnVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}
