# A chapter of scripts/demo: a job without root, on a machine that another centre lends.

job_without_root() {
  chapter 'An HPC centre lends batch slots: no root, and a firewall that lets TCP and UDP out'
  keep_token hpc --role job --site hpc --uses 20
  quietly hpc sh -c 'mv /root/token /home/alice/token && chown alice /home/alice/token'
  alice dynfarm doctor --run
  echo 'The computing element as a local machine would reach it, by an ordinary user:'
  alice_runs sh -c 'id -un; ping -c 2 -W 5 ce01.example.org'
  echo 'And nowhere else at the centre:'
  refused 1 alice_runs --quiet ping -c 1 -W 2 192.0.2.66

  chapter "The job's exit code and its death are its own"
  refused 37 alice_runs --quiet sh -c 'exit 37'
  refused 139 alice_runs --quiet sh -c 'kill -SEGV $$'

  chapter 'A limit that it cannot lift, though it tries as root of namespaces of its own'
  daemon_of ce iperf3 --server --port 9618
  lifts='unshare -Ur tc qdisc del dev eth0 root 2>/dev/null; tc qdisc del dev eth0 root 2>/dev/null'
  alice_runs --limit-rx 20M --limit-tx 20M \
    sh -c "$lifts; iperf3 --reverse --format m --time 3 --port 9618 --client ce01.example.org" | tee "$folder/iperf3"
  mbits=$(sed -n 's|.* \([0-9]*\)\.*[0-9]* Mbits/sec .*receiver$|\1|p' "$folder/iperf3")
  echo "so it had $mbits Mbit/s"
  [ "$mbits" -gt 5 ]
  [ "$mbits" -lt 21 ]

  echo 'No process and no name is left of all these:'
  refused 1 alice pgrep -a -u alice -f '^[^ ]*(openvpn|slirp4netns|dynfarm) '
  on server dynfarm node list --site hpc | tee "$folder/nodes"
  refused 1 grep job "$folder/nodes"
}

alice() {
  printf '\nalice@hpc$ %s\n' "$*"
  program=$1; shift
  [ "$program" != dynfarm ] || program=$dynfarm
  scripts/lab --lab demo exec --ordinary hpc "$program" "$@"
}

# Options of "dynfarm run" first, then the job.
alice_runs() {
  options=
  while :; do
    case $1 in
      --quiet) options="$options $1"; shift ;;
      --limit-*) options="$options $1 $2"; shift 2 ;;
      *) break ;;
    esac
  done
  # shellcheck disable=SC2086
  alice dynfarm run --server "$url" --token-file /home/alice/token $options -- "$@"
}
