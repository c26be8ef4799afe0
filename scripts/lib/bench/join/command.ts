import { type Centre, giveToken, startCentre } from '../../../../test/lab/join/centre.ts'
import { killGroup, type LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { median } from '../measure.ts'

/** What one machine in a lab waits for, beside a script by hand that has the same configuration lying there. */
export interface Commands {
  readonly rung: string
  /** Over the rounds. On a machine that is busy with other things, the least says more. */
  readonly median: Times
  readonly least: Times
  /** Medians of what each took of the processors for a first join, with all that it started, in milliseconds. */
  readonly cpu: Readonly<Record<Worker, number>>
}

interface Times {
  /** From the command to the first answer of the hub's inner address, for a machine that never joined. */
  readonly joinMs: number
  readonly scriptMs: number
  /** The same join to its end. */
  readonly wholeMs: number
  /** A whole join of a machine that has nothing to do. */
  readonly againMs: number
  /** Of that, the answer of the server. */
  readonly askMs: number
}

type Worker = 'join' | 'server' | 'hub'

/** All of it runs as the one executable. */
export async function measureRung(
  dynfarm: string,
  rung: string,
  rounds: number,
): Promise<Commands> {
  const site = { tunnels: [rung], quarantine: '1s' }
  const centre = await startCentre({ site, commandLine: [dynfarm] })
  try {
    const each: Measured[] = []
    for (let round = 0; round < rounds; round += 1) each.push(await measureOnce(centre, dynfarm))
    return {
      rung,
      median: summary(median, timesNames, each),
      least: summary((values) => Math.min(...values), timesNames, each),
      cpu: summary(median, workers, each),
    }
  } finally {
    await centre.stop()
  }
}

type Measured = Times & Record<Worker, number>

const timesNames = ['joinMs', 'scriptMs', 'wholeMs', 'againMs', 'askMs'] as const
const workers = ['join', 'server', 'hub'] as const

function summary<Name extends keyof Measured>(
  of: (values: readonly number[]) => number,
  names: readonly Name[],
  each: readonly Measured[],
): Record<Name, number> {
  const entries = names.map((name) => [name, of(each.map((one) => one[name]))])
  return Object.fromEntries(entries) as Record<Name, number>
}

async function measureOnce(centre: Centre, dynfarm: string): Promise<Measured> {
  const machine = centre.lab.host('aruba-a')
  await giveToken(centre, machine)
  const before = await cpuOfCentre(centre)
  const [joinMs, first] = await Promise.all([
    untilAnswer(machine),
    timed(machine, [dynfarm, 'join', '--json', '--quiet']),
  ])
  const after = await cpuOfCentre(centre)
  const again = await timed(machine, [dynfarm, 'join', '--json', '--quiet'])
  await machine.must(['sh', '-eu', '-c', keepConfiguration])
  await machine.must([dynfarm, 'down', '--quiet'])
  // It knows of no way to the centre that was closed.
  await machine.must(['ip', 'route', 'flush', 'type', 'unreachable'])
  const [scriptMs] = await Promise.all([
    untilAnswer(machine),
    timed(machine, ['sh', '-eu', '-c', byHand]),
  ])
  await machine.must(['sh', '-c', endByHand])
  await machine.must([dynfarm, 'leave', '--quiet'])
  const { contact = 0, enrol = 0, report = 0 } = again.timings
  return {
    ...{ joinMs, scriptMs, wholeMs: first.ms, againMs: again.ms },
    askMs: contact + enrol + report,
    ...{ join: first.cpuMs, server: after.server - before.server, hub: after.hub - before.hub },
  }
}

/** Until now, in milliseconds, with the programs that it started and waited for. */
async function cpuOfCentre({ lab }: Centre): Promise<Record<'server' | 'hub', number>> {
  const of = async (host: string, command: string): Promise<number> => {
    const look = `cat "/proc/$(pgrep -o -f 'dynfar[m] ${command}')/stat"`
    const stat = await lab.host(host).must(['sh', '-eu', '-c', look])
    const fields = stat.slice(stat.lastIndexOf(')')).split(' ')
    // A tick is 10 ms on every Linux.
    return fields.slice(12, 16).reduce((sum, ticks) => sum + Number(ticks) * 10, 0)
  }
  const [server, hub] = await Promise.all([of('server', 'serve'), of('hub1', 'hub')])
  return { server, hub }
}

/** As seen by a ping beside it that goes on all the time, whatever the way to the hub is meanwhile. */
async function untilAnswer(machine: LabHost): Promise<number> {
  const begin = performance.now()
  const ping = machine.spawn([...patiently, 'ping', '-n', '-i', '0.02', hubInner])
  let said = ''
  const answered = new Promise<number>((resolve, reject) => {
    ping.stdout?.on('data', (data: Buffer) => {
      said += data.toString()
      if (/ bytes from /.test(said)) resolve(performance.now() - begin)
    })
    void ping.then(() => reject(new Error(`the hub does not answer: ${said}`)))
  })
  try {
    return await answered
  } finally {
    killGroup(ping.pid)
    await ping
  }
}

const hubInner = '10.200.0.1'
/** In the group that is killed: in one of its own it would go on. */
const patiently = ['timeout', '--foreground', '60']

type Timings = Partial<Record<string, number>>

async function timed(
  machine: LabHost,
  argv: readonly string[],
): Promise<{ ms: number; cpuMs: number; timings: Timings }> {
  const begin = performance.now()
  const outcome = await machine.run(['time', '-q', '-f', '%U %S', ...argv], { timeoutMs: 120_000 })
  const ms = performance.now() - begin
  const { code, stdout, stderr } = outcome
  if (code !== 0) throw new Error(`"${argv.join(' ')}" ended with ${code}: ${stderr}`)
  const [, user, system] = /([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? []
  const timings = stdout.startsWith('{') ? JSON.parse(stdout).timings : {}
  return { ms, cpuMs: (Number(user) + Number(system)) * 1000, timings }
}

/** What a script by hand would have lying there: the very configuration of the tunnel that stands. */
const keepConfiguration = `
rm -rf /root/kept; cp -a /run/dynfarm/node /root/kept
device=$(ip -o link | sed -n 's/^[0-9]*: \\(tun-[a-z]*\\).*/\\1/p')
echo "$device" >/root/device
ip -o -4 addr show dev "$device" | awk '{print $4}' >/root/address
cat "/sys/class/net/$device/mtu" >/root/mtu
if pgrep -x openvpn >/root/openvpn; then
  tr '\\0' '\\n' <"/proc/$(cat /root/openvpn)/cmdline" | sed 's#/run/dynfarm/node#/root/kept#' >/root/arguments
  sed -i 's#/run/dynfarm/node#/root/kept#' $(find /root/kept -type f)
else wg showconf "$device" >/root/wg.conf; fi
`

const byHand = `
device=$(cat /root/device)
if test -s /root/openvpn; then
  ip tuntap add dev "$device" mode tun user nobody
  xargs -d '\\n' env </root/arguments
else
  wireguard-go "$device" >/dev/null 2>&1
  until wg setconf "$device" /root/wg.conf 2>/dev/null; do sleep 0.01; done
fi
ip addr add "$(cat /root/address)" dev "$device"
ip link set "$device" up mtu "$(cat /root/mtu)"
ip route replace ${hubInner} dev "$device"
`

const endByHand = `
if test -s /root/openvpn; then kill "$(cat /root/kept/*/pid)"; fi
sleep 0.2
ip link del "$(cat /root/device)"
`
