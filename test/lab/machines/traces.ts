import type { Machine } from './machine.ts'

/** What a machine still has of dynfarm besides the package and the folder of its state, a line each. */
export async function tracesOf(machine: Machine): Promise<string[]> {
  return (await machine.sh(questions)).split('\n').filter((line) => line !== '')
}

const questions = `
  ip -o link | grep -E 'tun-|group 177' || :
  ip rule | grep 'proto 177' || :
  for family in -4 -6; do ip $family route show table all | grep -E 'proto 177|metric 4273' || :; done
  nft list tables | grep dynfarm || :
  grep dynfarm /etc/hosts || :
  ls -d /run/dynfarm /run/systemd/system/dynfarm-* /run/wireguard/tun-* /etc/profile.d/cms.sh 2>/dev/null || :
  pgrep -a 'openvpn|wireguard-go|ping' || :
  systemctl list-units --plain --quiet 'dynfarm-*' lsfd.service | grep -v dynfarm-join || :
  find /var/lib/dynfarm/node -type f -not -path "*/apply/lock"`
