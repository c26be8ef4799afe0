import type { LabHost } from '../lib/lab-host.ts'
import { fixture } from './centre.ts'

/** From now on whoever gets through to this host on one of these ports has an answer. */
export async function listen(
  host: LabHost,
  ports: readonly number[] = [9618, 9619],
): Promise<void> {
  const server = host.spawn([process.execPath, fixture('listen.ts'), ...ports.map(String)])
  await new Promise((resolve) => server.stdout?.once('data', resolve))
}

/** By way, whether it answered. */
export async function answers(
  host: LabHost | undefined,
  ...ways: string[]
): Promise<Record<string, boolean>> {
  return JSON.parse((await host?.must([process.execPath, fixture('probe.ts'), ...ways])) ?? '')
}

export const tcp = (address: string, port = 9618) => `tcp/${address}/${port}`
