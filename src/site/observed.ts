/** A file of the machine; undefined where there is none. */
export interface ObservedFile {
  content: Uint8Array
  mode: number
  uid: number
  gid: number
}

/** What lies at a path, without following a symlink there. */
export interface ObservedPath {
  kind: 'file' | 'folder' | 'symlink' | 'other'
  mode: number
  uid: number
}
