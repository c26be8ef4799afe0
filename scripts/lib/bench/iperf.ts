import { killGroup, type LabHost, type RunOptions } from '../../../test/lab/lib/lab-host.ts'

export const ways = ['up', 'down'] as const
export type Way = (typeof ways)[number]

export interface Wanted {
  address: string
  port: number
  /** up: away from who asks. */
  way: Way
  streams: number
  seconds: number
}

/** Gives what ends the server. */
export async function startServer(host: LabHost, port: number): Promise<() => void> {
  const server = host.spawn(['iperf3', '--server', '--port', String(port)])
  const look = `for n in $(seq 100); do ss -Hltn "sport = :${port}" | grep -q . && exit; sleep 0.1; done; exit 1`
  await host.must(['sh', '-c', look])
  return () => killGroup(server.pid)
}

/** Mbit/s that the receiver got, without the first second, in which TCP finds its pace. */
export async function iperf(
  from: LabHost,
  { address, port, way, streams, seconds }: Wanted,
  { before = [], ...options }: RunOptions & { before?: readonly string[] } = {},
): Promise<number> {
  const argv = [
    ...['iperf3', '--json', '--client', address, '--port', String(port), '--omit', '1'],
    ...['--time', String(seconds), '--parallel', String(streams)],
    ...(way === 'down' ? ['--reverse'] : []),
  ]
  const limits = { timeoutMs: (seconds + 60) * 1000, ...options }
  const { end } = JSON.parse(await from.must([...before, ...argv], limits))
  return end.sum_received.bits_per_second / 1e6
}
