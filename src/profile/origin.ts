import type { Path, Profile } from './types.ts'

/** Where a value was written: the file and the way to it. */
export interface Origin {
  file: string
  path: Path
}

export interface Sourced<T> {
  value: T
  origin: Origin
}

export function within(origin: Origin, ...steps: Path): Origin {
  return { file: origin.file, path: [...origin.path, ...steps] }
}

/** `sites/aruba.yaml:31`; undefined for a default, which no file says. */
export function originText(profile: Pick<Profile, 'source'>, origin: Origin): string | undefined {
  const place = profile.source(origin.file, origin.path)
  return place && `${origin.file}:${place.line}`
}
