/** What a job's file system looks like: the words that innerScript takes. */
export interface Cover {
  uid: number
  gid: number
  /** Files and folders of this job alone, over those of the machine. */
  binds: readonly Bind[]
  /** Empty to the job: the private folders, and sockets by which others would run something for it. */
  folders: readonly string[]
  /** Empty to the job: what holds a token. */
  files: readonly string[]
}

export interface Bind {
  from: string
  to: string
}

/** Binds first: what they show may lie in a folder that is hidden then. */
export function coverWords({ uid, gid, binds, folders, files }: Cover): string[] {
  return [
    ...[String(uid), String(gid)],
    ...binds.flatMap(({ from, to }) => ['bind', from, to]),
    ...files.flatMap((path) => ['file', path]),
    ...folders.flatMap((path) => ['folder', path]),
  ]
}
