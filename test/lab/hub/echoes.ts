import { type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import { fixture, until } from './farm.ts'

interface On {
  host: LabHost
}

export async function startEcho({ host }: On, port: number): Promise<void> {
  const server = host.spawn([process.execPath, fixture('echo.ts'), String(port)])
  await new Promise((resolve) => server.stdout?.once('data', resolve))
}

/** Says something by itself to whoever connects. */
export async function startTalk({ host }: On, port: number): Promise<void> {
  const server = host.spawn([process.execPath, fixture('talk.ts'), String(port)])
  await new Promise((resolve) => server.stdout?.once('data', resolve))
}

export interface Echoes {
  /** How many lines came back. */
  count(): number
  end(): Promise<void>
}

/** A connection on which something is said ten times a second, from when it has been heard. */
export async function countEchoes({ host }: On, address: string, port: number): Promise<Echoes> {
  return await countLines(host.spawn([process.execPath, fixture('echo.ts'), String(port), address]))
}

/** A connection on which this end says nothing, from when the other one has been heard. */
export async function countTalk({ host }: On, address: string, port: number): Promise<Echoes> {
  const listen = 'exec 3<>"/dev/tcp/$1/$2"; exec cat <&3'
  return await countLines(host.spawn(['bash', '-c', listen, 'bash', address, String(port)]))
}

async function countLines(client: HostProcess): Promise<Echoes> {
  let count = 0
  client.stdout?.on('data', (data: Buffer) => {
    count += data.toString().split('\n').length - 1
  })
  if (!(await until(async () => count > 5))) throw new Error('nothing is heard')
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

export async function goesOn(stream: Echoes): Promise<boolean> {
  const since = stream.count()
  return await until(async () => stream.count() > since + 10)
}
