/** Where the folder has what nobody starts by hand. */
export const places = { programs: 'private/bin', libraries: 'private/lib', loader: 'private/ld.so' }

/**
 * What stands beside dynfarm in the place of a program. A program names its loader by an absolute path, and that one is
 * the machine's, of whatever age: so the loader that came along is started, and told what to load from where.
 */
export function renderLauncher(program: string): string {
  return `#!/bin/sh
here=\${0%/*}
test -e "$here/${places.loader}" || here=$(dirname "$(readlink -f "$0")")
exec "$here/${places.loader}" --inhibit-cache --library-path "$here/${places.libraries}" \\
  "$here/${places.programs}/${program}" "$@"
`
}
