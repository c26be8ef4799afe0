/**
 * What copies run on the far side: POSIX sh like the rest, with cat, chmod, mv, rm, sha256sum, stat, tee, touch and wc,
 * and tar for trees. Names come as lines of standard input, `:NAME:`, in which a line whose kind ends with `e` has what
 * printf's %b reads.
 *
 * New files are written in a folder `.dynfarm-…` beside where they belong, under the name that they are to have, and
 * moved into that folder above: `mv` of a file into a folder takes the place of a file or link of its name, and never
 * of a folder.
 */

const begin = `
LC_ALL=C; export LC_ALL; unset CDPATH; umask 077
die() { echo "$1" >&2; exit 1; }
`

/** Sets f to the name that stands in it as on a line of kind $y. */
const name = `
name() {
  f=\${f#:}; f=\${f%:}
  case $y in *e) f=$(printf '%b:' "$f"); f=\${f%:}; y=\${y%e};; esac
}`

/**
 * Arguments: the target, the folder above it, its last name, 1 where it must be a folder, and the lines where they are
 * not standard input. Lines: KIND HASH SIZE NAME, of which \`b\` begins a source with the name that it has inside a
 * folder, \`d\` is a folder, \`l\` a link whose target follows as a line \`t\`, \`f\` a file, and \`F\` a large one, whose
 * size is compared first.
 *
 * Says \`into 1\` or \`into 0\`, then of the lines by number: \`d\` a folder that is there, \`l\` a link that is the same,
 * \`=\` a file that is the same, \`p\` the size of what came of it before, \`x\` a folder in the way or something in the
 * way of one, \`o\` a device, pipe or socket in the way; \`a\` with mode, time and name what it looked at; last what
 * sha256sum says.
 */
export const surveyScript = `${begin}${name}
d=$1 t=$2 n=$3 i=0
if [ -d "$d" ]; then i=1 t=$d
elif [ "$4" = 1 ]; then die "there is no folder \\"$d\\""; fi
[ -d "$t" ] || die "there is no folder \\"$t\\""
cd -- "$t" 2>/dev/null || die "the folder \\"$t\\" may not be entered"
echo "into $i"
exec 3>&1 2>/dev/null
look() { [ $# = 0 ] || stat -c 'a %a %Y %n' "$@" >&3; c=0; }
r=$({ if [ $# = 5 ]; then printf '%s\\n' "$5"; else cat; fi; } | {
  k=0 c=0; set --
  while IFS=' ' read -r y h z f; do
    k=$((k+1)) e=$y; name
    case $y in
    b) if [ $i = 1 ]; then b=./$f; else b=./$n; fi; continue;;
    t) if [ -h "$p" ] && [ "$(readlink "$p"; echo .)" = "$f
." ]; then echo "l $((k-1))" >&3; fi; continue;;
    esac
    p=$b$f
    case $y in
    d)
      if [ -d "$p" ]; then
        echo "d $k" >&3
        if [ $e = $y ]; then set -- "$@" "$p"; c=$((c+1)); fi
      elif [ -e "$p" ] || [ -h "$p" ]; then echo "x $k" >&3; fi;;
    *)
      if [ -d "$p" ] && ! { [ $y = l ] && [ -h "$p" ]; }; then echo "x $k" >&3
      elif [ -e "$p" ] && ! [ -f "$p" ] && ! [ -h "$p" ]; then echo "o $k" >&3
      elif [ $y != l ] && [ -f "$p" ] && ! [ -h "$p" ]; then
        if [ $y = f ] || [ "$(wc -c <"$p")" -eq "$z" ]; then
          if [ $e = $y ]; then echo "$h  $p"; set -- "$@" "$p"; c=$((c+1))
          elif [ "$(sha256sum <"$p")" = "$h  -" ]; then echo "= $k" >&3; fi
        fi
      fi
      q=\${p%/*}/.dynfarm-$h/\${p##*/}
      if [ $y = F ] && [ -f "$q" ]; then echo "p $k $(($(wc -c <"$q")))" >&3; fi;;
    esac
    if [ $c = 100 ]; then look "$@"; set --; fi
  done
  look "$@"
} | sha256sum -c)
printf '%s\\n' "$r"
`

/**
 * Arguments: the folder that all is below, and the name of the folders for what is new. Standard input is an archive.
 * It begins with a folder of that name and `.list`, and in it `folders`, in which there are such folders, `plain`, which
 * sha256sum reads, and `odd` with HASH and NAME.
 */
export const treeScript = `${begin}${name}
k=$2 l=./$2.list
cd -- "$1" || exit 1
each() { while IFS= read -r f; do y=e; name; "$@" || return 1; done <"$l/folders"; }
drop() { rm -rf "$f/$k"; }
clean() { [ -f "$l/folders" ] && each drop; rm -rf "$l"; }
trap clean EXIT
trap 'exit 130' HUP INT TERM
mkdir "$l" && tar -x -p -o -f - || exit 1
if [ -s "$l/plain" ]; then
  r=$(sha256sum -c "$l/plain" 2>&1) || { printf '%s\\n' "$r" | grep -v ': OK$' >&2; exit 5; }
fi
while IFS=' ' read -r h f; do
  y=e; name
  [ "$(sha256sum <"$f")" = "$h  -" ] || { echo 'a hash is another one' >&2; exit 5; }
done <"$l/odd"
move() { [ $# = 0 ] || mv -f "$@" "$f/"; }
place() {
  c=0; set --
  for g in "$f/$k"/* "$f/$k"/.[!.]* "$f/$k"/..?*; do
    if [ -h "$g" ] || [ -e "$g" ]; then set -- "$@" "$g"; c=$((c+1)); fi
    if [ $c = 200 ]; then move "$@" || return 1; c=0; set --; fi
  done
  move "$@"
}
each place
`

/**
 * Arguments: the folder that all is below, hash, size, where to go on, mode, time, and 1 where what came before the
 * connection broke is to stay for the next time. The first line of standard input is the name, the rest the file from
 * there on.
 *
 * The hash is taken while the file is written, by the same program, so that it costs no time at the end. A large file
 * that cannot be written ends that program at once where it knows how to; one that another copy put into its place is
 * left to that one.
 */
export const fileScript = `${begin}${name}
h=$2 z=$3 o=$4
cd -- "$1" || exit 1
IFS=' ' read -r y f || exit 1
name
d=\${f%/*} s=\${f%/*}/.dynfarm-$h
p=$s/\${f##*/}
clean() { rm -rf "$s"; }
trap 'clean; exit 130' HUP INT TERM
if [ -h "$s" ]; then die "\\"$s\\" is in the way"; fi
if [ "$o" = 0 ]; then rm -rf "$s"; mkdir "$s" || exit 1
else
  [ -O "$s" ] && [ "$(($(wc -c <"$p")))" = "$o" ] || { clean; exit 5; }
fi
x=
if [ "$7" = 1 ] && tee --output-error=exit </dev/null >/dev/null 2>&1; then x=--output-error=exit; fi
{
  r=$({ { [ "$o" = 0 ] || cat /proc/self/fd/5; tee $x -a /proc/self/fd/5 && echo written >&3; } | sha256sum; } 3>&1)
  [ "$p" -ef /proc/self/fd/5 ] || die 'another copy of it is under way'
} 5>>"$p"
case $r in written*) ;; *) clean; exit 1;; esac
w=$(($(wc -c <"$p")))
if [ "$w" -lt "$z" ]; then
  [ "$7" = 1 ] || clean
  die 'it came to its end too early'
fi
[ "$w $r" = "$z written
$h  -" ] || { clean; echo 'the hash is another one' >&2; exit 5; }
chmod "$5" "$p" && touch -d "@$6" "$p" && mv -f "$p" "$d/" || { clean; exit 1; }
clean
`

/** Argument: the folder that all is below. Lines: \`g MODE TIME\`, and \`p NAME\` for those that are to have them. */
export const attributesScript = `${begin}${name}
cd -- "$1" || exit 1
set_all() { [ $# = 0 ] || { chmod "$m" "$@" && touch -d "@$w" "$@"; } || r=1; c=0; }
r=0 c=0; set --
while IFS=' ' read -r y f; do
  case $y in
  g) set_all "$@"; set --; m=\${f%% *} w=\${f#* };;
  *) name; set -- "$@" "$f"; c=$((c+1)); if [ $c = 100 ]; then set_all "$@"; set --; fi;;
  esac
done
set_all "$@"
exit $r
`

/**
 * Arguments: a file, how much of it is there already, and the hash of that. Says size, mode, time and from where on its
 * bytes follow: from there, or from 0 where the file does not begin so any more. What it opened once it reads again and
 * again, so it stays that file when another one gets its name.
 */
export const partScript = `
LC_ALL=C; export LC_ALL
o=$2 h=$3
exec 3<"$1" || exit 1
f=/proc/$$/fd/3
set -- $(stat -L -c '%s %a %Y' "$f")
if [ "$o" -gt "$1" ] || { [ "$o" != 0 ] && [ "$(head -c "$o" <"$f" | sha256sum)" != "$h  -" ]; }; then o=0; fi
echo "$* $o"
if [ "$o" = 0 ]; then exec head -c "$1" <"$f"; fi
tail -c "+$((o+1))" <"$f" | head -c "$(($1-o))"
`

/** Arguments: paths. Says of each: \`d\` a folder, \`D\` a link to one, \`t SIZE\` a file, \`l SIZE\` a link to one, \`c\` one whose size is not told, \`x\` no file, \`n\` not there. */
export const lookScript = `
for f do
  if [ -d "$f" ]; then if [ -h "$f" ]; then echo D; else echo d; fi
  elif [ -s "$f" ] && [ -f "$f" ]; then
    if [ -h "$f" ]; then y=l; else y=t; fi
    echo "$y $(stat -L -c %s -- "$f")"
  elif [ -f "$f" ]; then echo c
  elif [ -e "$f" ] || [ -h "$f" ]; then echo x
  else echo n; fi
done
`
