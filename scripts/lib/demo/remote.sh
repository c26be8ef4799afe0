# Chapters of scripts/demo: an administrator and her machines.

# Before any machine joins: each takes the keys of administrators along with its join.
tell_of_administrator() {
  chapter 'An administrator, with a key of her own, on the hub'
  on hub1 ssh-keygen -q -t ed25519 -N '' -C anna -f /root/.ssh/id_ed25519
  hand_over hub1 /root/.ssh/id_ed25519.pub server /etc/dynfarm/keys/anna.pub
  on server sh -c 'echo "admins: { anna: { key: keys/anna.pub } }" >>/etc/dynfarm/centre.yaml'
  on server dynfarm check
}

tell_of_remote() {
  chapter 'All machines at once'
  on server dynfarm admin create anna --role admin --url https://192.0.2.12:8444 --out /root/anna.dfadmin
  on hub1 mkdir -p /root/.config/dynfarm
  hand_over server /root/anna.dfadmin hub1 /root/.config/dynfarm/admin.json
  on hub1 dynfarm remote list
  says 'aruba-\[1-3\] (3)' on hub1 dynfarm remote exec -n -w @aruba -b 'uname -s; grep -c FARM_NODE /etc/profile.d/farm.sh'

  chapter 'Files to all of them, and from all of them'
  on hub1 sh -c 'seq 200000 >/root/list'
  says 'files: 3 sent' on hub1 dynfarm remote put -w @aruba /root/list /etc/list
  echo 'Once more, and there is nothing to send:'
  says '3 identical' on hub1 dynfarm remote put -w @aruba /root/list /etc/list
  on hub1 dynfarm remote get -w @aruba /etc/list /etc/profile.d/farm.sh /root/got
  says '^1$' on hub1 sh -c 'sha256sum /root/list /root/got/*/etc/list | cut -c1-64 | sort -u | wc -l'
  says aruba-2 on hub1 cat /root/got/aruba-2/etc/profile.d/farm.sh

  chapter 'One that hangs keeps nobody waiting'
  on aruba-b pkill -STOP -x sshd
  refused 4 on hub1 dynfarm remote exec -n -w @aruba -t 3 --failed-to /root/failed cat /proc/uptime
  on aruba-b pkill -CONT -x sshd
  echo 'And when it is back, the same for it alone:'
  says '1 ok: aruba-' on hub1 dynfarm remote exec -n -w ^/root/failed cat /proc/uptime
}

# A file of one host to another, closed to others.
hand_over() {
  printf '\n%s:%s goes to %s:%s\n' "$1" "$2" "$3" "$4"
  quietly "$1" cat "$2" | quietly "$3" sh -c 'umask 077; cat >"$0"' "$4"
}

# What is shown has to have this in it.
says() {
  wanted=$1; shift
  code=0; "$@" >"$folder/said" 2>&1 || code=$?
  cat "$folder/said"
  [ "$code" = 0 ] && grep -q -- "$wanted" "$folder/said"
}
