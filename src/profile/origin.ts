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

/** `sites/aruba.yaml:31`, or `default` for what no file says. */
export function originText(profile: Pick<Profile, 'source'>, { file, path }: Origin): string {
  const place = profile.source(file, path)
  return place === undefined ? 'default' : `${file}:${place.line}`
}
