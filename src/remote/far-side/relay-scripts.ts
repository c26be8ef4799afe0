/** Sets d to the dynfarm of this node: the package's, or the version that it brought itself to. */
const find = `
for d in "$(command -v dynfarm)" /usr/bin/dynfarm /opt/dynfarm/current/dynfarm; do
  [ -x "$d" ] && break
done
[ -x "$d" ] || { echo 'there is no dynfarm' >&2; exit 71; }
`

export const serveScript: string = `${find}
exec "$d" relay-serve
`

/**
 * Arguments: a script, and its own. Its standard input is what this node's dynfarm makes of standard input and of what
 * it fetches from a sibling. Whatever the script says, it did not do where not all of that came.
 */
export const fetchScript: string = `${find}
c=$1; shift
exec 3>&1
r=$({ { "$d" relay-fetch 3>&- 4>&- || echo 'not all came' >&4; } | /bin/sh -c "$c" dynfarm "$@" 4>&- >&3 3>&-; } 4>&1)
s=$?
[ -z "$r" ] || exit 71
exit $s
`
