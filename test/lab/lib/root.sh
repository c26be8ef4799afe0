#!/bin/sh
# root.sh LAB HIDDEN…: the first process of a lab. Its process namespace holds every host, its network
# namespace the switches, its mount namespace the disks: when it ends, all of them end.
set -eu
umask 022
lab=$1
shift
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/self/stat
echo "$boot $stat" >"$lab/root"

echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
# A switch does not show what crosses it to the firewall of the machine that it is on.
for setting in /proc/sys/net/bridge/bridge-nf-call-*; do
  test ! -e "$setting" || echo 0 >"$setting"
done
mount -t tmpfs -o mode=755 lab "$lab/disk"
for path in "$@"; do
  mkdir -p "$lab/disk/hidden/$(dirname "$path")"
  mknod "$lab/disk/hidden/$path" c 0 0 # what an overlay takes for "not there"
done
mkdir -p "$lab/disk/devices/net"
mknod -m 666 "$lab/disk/devices/net/tun" c 10 200
echo root ready

# The runner holds the other end; however it dies, this reads the end of it.
exec 3<&0 >/dev/null
cat <&3 &
wait $!
test -e "$lab/detached" || exit 0
exec 3<&-
while :; do
  sleep infinity &
  wait $!
done
