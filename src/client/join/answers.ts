import type { Machine } from '../../apply/machine.ts'
import { tryCommand } from '../reading.ts'

/** Whether the other end answers, through this device and no other. */
export async function answersThrough(
  machine: Machine,
  device: string,
  address: string,
): Promise<boolean> {
  const look = ['ping', '-n', '-q', '-c', '1', '-i', '0.5', '-w', '2'] as const
  const { code } = await tryCommand(machine, [...look, '-I', device, address])
  return code === 0
}
