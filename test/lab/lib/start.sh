#!/bin/sh
# start.sh LAB HOST…: starts hosts as children of the lab's first process; runs in its namespaces.
# Standard output tells `HOST made`, `HOST up`, and `HOST ended` if it comes to that. From made to up
# a host goes on when standard input ends: meanwhile its cables are plugged in.
set -eu
here=$(dirname "$0")
lab=$1
shift
exec 3<&0
for host in "$@"; do
  {
    unshare --net --mount --uts --ipc --pid --fork sh "$here/host.sh" "$lab" "$host" || :
    echo "$host ended"
  } <&3 2>"$lab/log/$host" &
done
# The runner's end is closed as soon as this ends, and the hosts must not see that before its time.
read -r _ || :
