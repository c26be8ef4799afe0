/**
 * What runs on the far side: POSIX sh, for dash, bash and busybox alike. Of programs it needs mkdir, rmdir and sleep,
 * and the rest is built into the shell, because it precedes every command.
 *
 * A command runs in place of the shell that prepared it, so its standard input, exit code and signal are its own. What
 * must be killed with it is known by its session, which sshd makes for every command, and where possible by a cgroup,
 * which also holds what has left the session.
 */

/** Sets m to the processes of session $s and cgroup $c, without the watchdog $w, its sleep, and zombies. */
const members = `
members() {
  m=
  if [ "$c" != - ]; then while read -r q; do m="$m $q"; done <"$c/cgroup.procs"; fi
  for f in /proc/[0-9]*; do
    l=; while read -r x; do l="$l $x"; done <"$f/stat"
    set -- \${l##*)}
    if [ "$4" = "$s" ] && [ "$1" != Z ] && [ "$2" != "$w" ] && [ "\${f#/proc/}" != "$w" ]; then
      m="$m \${f#/proc/}"
    fi
  done 2>/dev/null
}`

/**
 * Ends the members: asks them, waits as long as $g says (in fifths of a second), and then does not ask. While it waits
 * it looks only at those that it asked: to look at all processes takes long on a node that has many of them. What is left
 * in the end is in $m.
 */
const end = `${members}
are_there() {
  for q in $m; do
    l=; while read -r x; do l="$l $x"; done <"/proc/$q/stat"
    set -- \${l##*)}
    case $1 in ''|Z) ;; *) return 0;; esac
  done 2>/dev/null
  return 1
}
end() {
  members; n=0; for q in $m; do n=$((n+1)); done
  [ "$n" = 0 ] && return
  kill -TERM $m; kill -CONT $m
  i=0; while [ $i -lt "$g" ]; do
    sleep 0.2 || { sleep 1; i=$((i+4)); }
    i=$((i+1)); are_there && continue
    members; [ -z "$m" ] && return
  done
  members; [ -z "$m" ] && return
  i=0; while [ $i -lt 15 ]; do
    [ "$c" = - ] || echo 1 >"$c/cgroup.kill"
    kill -KILL $m
    sleep 0.1 || sleep 1
    i=$((i+1)); members; [ -z "$m" ] && return
  done
}`

/**
 * Removes the cgroup. What is left of a command that ended by itself, as a daemon that it started, goes on outside it. One
 * that is just being forked, or has just been killed, keeps the cgroup for a moment.
 */
const tidy = `
tidy() {
  [ "$c" = - ] && return
  i=0; while [ $i -lt 50 ]; do
    while read -r q; do echo "$q" >"\${c%/*}/cgroup.procs"; done <"$c/cgroup.procs"
    rmdir "$c" && return
    [ -d "$c" ] || return
    sleep 0.1 || sleep 1
    i=$((i+1))
  done
}`

/**
 * Arguments: pid of sshd's end of the connection, pid of what leads the session (both 0 without sudo), mark, seconds
 * until it is killed (0: never), fifths of a second between asking and killing, user or nothing, folder or nothing,
 * `line` or `argv`, count of assignments, the assignments, the command.
 *
 * bash has read the account's start-up file before it came here; a SHLVL keeps it from doing so again for a line.
 *
 * The watchdog looks once a second whether the connection is still there; where it cannot see that, it does not look.
 * A terminal that hangs up ends nothing until there is one that cleans up.
 */
export const startScript = `
p=$1 o=$2 k=$3 t=$4 g=$5 u=$6 d=$7 h=$8 e=$9; shift 9
if [ "$p" = 0 ]; then p=$PPID o=$$; fi
[ -d "/proc/$p" ] || p=$$
read -r l </proc/$$/stat
f() { s=$4; }; f \${l##*)}
case $s in $$|"$o") ;; *) [ "$o" != $$ ] && [ "$s" = $PPID ] || s=- ;; esac
trap '' HUP INT QUIT TERM
c=-
while IFS=: read -r a b l; do
  [ "$a" = 0 ] || continue
  for r in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    if [ "$c" = - ] && [ -w "$r$l/cgroup.procs" ] && mkdir "$r$l/dynfarm-$k" 2>/dev/null; then
      c=$r$l/dynfarm-$k
    fi
  done
done </proc/self/cgroup
(
  read -r w l </proc/self/stat
  ${end}${tidy}
  i=0
  while [ -d /proc/$$ ] && [ -d "/proc/$p" ] && { [ "$t" = 0 ] || [ $i -lt "$t" ]; }; do
    sleep 1; i=$((i+1))
  done
  if [ -d /proc/$$ ]; then end; fi
  tidy
) </dev/null >/dev/null 2>&1 &
trap - HUP INT QUIT TERM
printf 'dynfarm:%s:%s:%s:%s:%s\\n' "$k" $$ "$s" $! "$c" >&2
if [ "$c" != - ]; then echo $$ >"$c/cgroup.procs"; fi
while [ "$e" -gt 0 ]; do export "$1"; shift; e=$((e-1)); done
die() { echo "dynfarm: $2" >&2; exit "$1"; }
if [ -n "$d" ]; then cd -- "$d" 2>/dev/null || die 125 "the folder \\"$d\\" is not there, or may not be entered"; fi
if [ "$h" = line ]; then export SHLVL="\${SHLVL:-1}"; set -- "\${SHELL:-/bin/sh}" -c "$1"; fi
if [ -n "$u" ]; then
  if command -v runuser >/dev/null; then set -- runuser -u "$u" -- "$@"
  else set -- su -s /bin/sh "$u" -c 'exec "$0" "$@"' "$@"; fi
fi
command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || die 127 "there is no command \\"$1\\""
exec "$@"
`

/**
 * Arguments: mark, pid, session, watchdog, cgroup, fifths of a second between asking and killing. Tells how many
 * processes it found, and how many it could not end.
 */
export const killScript = `
exec 2>/dev/null
k=$1 s=$3 w=$4 c=$5 g=$6
if [ "$s" = - ]; then s=none; [ "$c" = - ] && kill -KILL "$2"; fi
${end}${tidy}
end
r=0; for q in $m; do r=$((r+1)); done
kill -KILL "$w"
[ "$r" = 0 ] && tidy
echo "dynfarm:$k:$n:$r"
`

/** Where sudo stands between, it has to be told whose connection and session this is. */
export const sudoScript = `k=$0; exec sudo -n -- /bin/sh -c "$k" dynfarm $PPID $$ "$@"`
