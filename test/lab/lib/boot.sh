#!/bin/sh
# boot.sh HOST: process 1 of a lab host, inside its own root; then it only collects orphans.
set -eu
host=$1
umount -l /mnt
mkdir -p /run/sshd /run/lock

ip -batch /etc/lab/network
test ! -e /etc/lab/firewall || nft -f /etc/lab/firewall

/usr/sbin/sshd -E /var/log/sshd.log
tries=0
until test -s /run/sshd.pid; do
  tries=$((tries + 1))
  test "$tries" -lt 3000
  sleep 0.01
done
echo "$host up"

exec </dev/null >/dev/null 2>&1
while :; do
  sleep infinity &
  wait $!
done
