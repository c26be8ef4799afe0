#!/bin/sh
# host.sh LAB HOST: makes the calling process, already in namespaces of its own, a host of the lab.
set -eu
lab=$1 host=$2
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/self/stat
echo "$boot $stat" >"$lab/hosts/$host"
echo "$host" >/proc/sys/kernel/hostname
while read -r key value; do
  echo "$value" >"/proc/sys/$key"
done <"$lab/disk/$host/sysctl"
echo "$host made"
read -r _ || :

mount --all --fstab "$lab/disk/$host/fstab"
cd "$lab/disk/$host/root"
pivot_root . mnt
exec sh /etc/lab/boot.sh "$host"
