import type { LabHost } from '../../../test/lab/lib/lab-host.ts'

/** What leaves a host; at both ends, both ways are as wide. */
export async function shape(host: LabHost, mbits: number): Promise<void> {
  const rate = ['rate', `${mbits}mbit`, 'burst', '128kb', 'latency', '20ms']
  await host.must(['tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...rate])
}
