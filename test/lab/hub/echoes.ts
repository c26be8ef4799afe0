import { killGroup, type LabHost } from '../lib/lab-host.ts'
import { fixture, until } from './farm.ts'

interface On {
  host: LabHost
}

export async function startEcho({ host }: On, port: number): Promise<void> {
  const server = host.spawn([process.execPath, fixture('echo.ts'), String(port)])
  await new Promise((resolve) => server.stdout?.once('data', resolve))
}

export interface Echoes {
  /** How many lines came back. */
  count(): number
  end(): Promise<void>
}

/** A connection on which something is said ten times a second, from when it has been heard. */
export async function countEchoes({ host }: On, address: string, port: number): Promise<Echoes> {
  const client = host.spawn([process.execPath, fixture('echo.ts'), String(port), address])
  let count = 0
  client.stdout?.on('data', (data: Buffer) => {
    count += data.toString().split('\n').length - 1
  })
  if (!(await until(async () => count > 5))) throw new Error(`${address} echoes nothing`)
  return {
    count: () => count,
    end: async () => {
      killGroup(client.pid)
      await client
    },
  }
}

/** Whether there comes nothing any more while on the other, by which time is counted, there comes plenty. */
export async function fallsSilent(stream: Echoes, clock: Echoes): Promise<boolean> {
  return await until(async () => {
    const [last, since] = [stream.count(), clock.count()]
    return (await until(async () => clock.count() > since + 10)) && stream.count() === last
  })
}
