import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { ordinaryUser } from '../../../../test/lab/lib/topology.ts'
import { clientLines, innerAddress, makeCertificate, serveOpenvpn, textOf } from '../floor.ts'

/** Of the hub, through the tunnel. */
export const byHandAddress = innerAddress('udp', 1)

/** The programs of mode "ns", without dynfarm: what stands before a command that goes through them. */
export async function prepareByHand(hub: LabHost, machine: LabHost): Promise<readonly string[]> {
  const { home } = ordinaryUser
  const ofHub = await makeCertificate(hub)
  const ofMachine = await makeCertificate(machine, { folder: home, ordinary: true })
  await serveOpenvpn(hub, 'udp', ofMachine)
  const lines = clientLines(home, 'udp', ofHub)
  await machine.must(['tee', `${home}/udp.conf`], { ordinary: true, input: textOf(lines) })
  return ['sh', '-c', outside, 'sh', inside, home]
}

/** slirp4netns comes from outside, once there are namespaces, and ends with what runs in them. */
const outside = `
inside=$1 home=$2; shift 2
mkfifo "$home/ready.$$"
unshare --user --map-root-user --net --pid --fork --kill-child sh -c "$inside" sh "$home" "$home/ready.$$" "$@" &
until pid=$(pgrep -P $!); do sleep 0.1; done
slirp4netns --configure --mtu=1500 --disable-host-loopback "$pid" tap0 >/dev/null 2>&1 &
slirp=$!
echo >"$home/ready.$$"
wait %1; code=$?
kill $slirp; rm "$home/ready.$$"
exit $code`

const inside = `
home=$1; read -r _ <"$2"; shift 2
until ip link show dev tap0 up >/dev/null 2>&1; do sleep 0.1; done
openvpn --config "$home/udp.conf" --daemon --log "$home/udp.log"
until ping -c 1 -W 0.2 -q ${byHandAddress} >/dev/null 2>&1; do sleep 0.1; done
"$@"`
