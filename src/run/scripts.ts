/**
 * The shell scripts that a job's namespaces begin with. Descriptor 3 comes from dynfarm and 4 leads to it, in all of
 * them. A first process of a process namespace is deaf to every signal but KILL, so none of these ends by one that a
 * batch system sends to all of a job's processes.
 */

/**
 * The first process of the outer namespaces. It holds nothing but the other end of dynfarm's pipe: however dynfarm
 * ends, this hears the end of it, and with it everything else in here ends. The files of the tunnel lie in its own
 * /run, which no job sees. What others leave behind becomes its child: a shell that waits takes notice of its end, one
 * that reads does not, and who waits for a daemon to be gone would wait for its zombie. Words: pairs of a file and what
 * it is laid over.
 */
export const outerScript = `set -eu
read -r pid _ </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /run
while [ $# -gt 0 ]; do
  test -e "$2" || { mkdir -p "\${2%/*}" && : >"$2"; }
  mount --bind "$1" "$2"
  shift 2
done
echo "$pid" >&4
exec 4>&-
(trap '' TERM INT QUIT HUP USR1 USR2 TSTP; exec cat <&3 >/dev/null) &
wait "$!"
`

/**
 * The first process of the job's namespaces, as their root. Words: the user and group that the job is, then what is to be
 * laid over the file system: \`bind FROM TO\`, \`folder PATH\` for an empty one, \`file PATH\` for an empty one. What was to be
 * made empty may be out of sight already, below what was laid over it.
 */
export const innerScript = `set -eu
uid=$1 gid=$2
shift 2
lay() { said=$(mount "$@" 2>&1) || { echo "refused $said" >&4; exit 1; }; }
exec 9</proc
read -r pid _ </proc/self/stat
lay -t proc proc /proc
while [ $# -gt 0 ]; do
  case $1 in
    bind) lay --rbind "$2" "$3"; shift ;;
    folder) test ! -e "$2" || lay -t tmpfs -o mode=0700 tmpfs "$2" ;;
    file) test ! -e "$2" || lay --bind /dev/null "$2" ;;
  esac
  shift 2
done
echo "init $pid" >&4
set +e
exec 6>&1
{
  # Signals of a terminal or a batch system come here too, and a handler, unlike a deaf ear, is not the job's to inherit.
  trap : TERM INT QUIT HUP USR1 USR2 TSTP
  # The shell would tell of a signal where the job writes its errors.
  exec 5>&2 2>/dev/null
  (exec unshare --user sh -c "$JOB" 7>&1 >&6 2>&5 5>&- 6>&-)
  echo "exit $?" >&4
} | {
  exec 3<&- 6>&-
  read -r pid && echo "$uid 0 1" >"/proc/$pid/uid_map" && echo "$gid 0 1" >"/proc/$pid/gid_map" && echo "mapped" >&4
}
`

/**
 * Becomes the job, in a user namespace that has power over nothing but itself. What it becomes comes when all is ready, and
 * closes 4, and 9, by which dynfarm's numbers of processes are to be read.
 */
export const jobScript = `read -r pid _ </proc/self/fd/9/self/stat
read -r own _ </proc/self/stat
echo "job $pid" >&4
echo "$own" >&7
start=$(cat <&3)
exec 3<&- 7>&-
eval "$start"
`

/**
 * Between the job and a program that holds it in process numbers of its own, deaf to signals: has it hear again, where env
 * can do that, and only then tells by what number dynfarm knows it. Words: the job.
 */
export const belowScript = `tell='read -r pid _ </proc/self/fd/9/self/stat; echo "job $pid" >&4; exec 4>&- 9<&-; exec "$@"'
env --default-signal true 2>/dev/null || exec /bin/sh -c "$tell" sh "$@"
exec env --default-signal=HUP,INT,QUIT,TERM /bin/sh -c "$tell" sh "$@"`

/**
 * Where there are no namespaces to end with: kills whatever bears the job's mark in its environment, as soon as dynfarm
 * is gone, until nothing does. A process that threw its environment away is not found. Word: the mark.
 */
export const sweepScript = `trap '' TERM INT QUIT HUP USR1 USR2 TSTP
read -r _ <&3 || :
exec 3<&-
round=0
while [ "$round" -lt 50 ]; do
  # What grep cannot read is another's, and its exit code tells of that alone.
  found=$(grep -lzxF "DYNFARM_JOB=$1" /proc/[0-9]*/environ 2>/dev/null)
  [ -n "$found" ] || exit 0
  for path in $found; do
    path=\${path#/proc/}
    kill -KILL "\${path%/environ}" 2>/dev/null
  done
  round=$((round + 1))
done
`
