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
  const seenAt = (path: string) =>
    binds.reduce((at, bind) => at.concat(at.flatMap((one) => shownAt(one, bind))), [path])
  return [
    ...[String(uid), String(gid)],
    ...binds.flatMap(({ from, to }) => ['bind', from, to]),
    ...files.flatMap(seenAt).flatMap((path) => ['file', path]),
    ...folders.flatMap(seenAt).flatMap((path) => ['folder', path]),
  ]
}

/** Where else a path is seen: what is hidden must not be shown by a bind of the folder that it is in. */
function shownAt(path: string, { from, to }: Bind): string[] {
  const folder = from === '/' ? '' : from
  if (path === from) return [to]
  return path.startsWith(`${folder}/`) ? [`${to}${path.slice(folder.length)}`] : []
}
