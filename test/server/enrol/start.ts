import { enrolHub } from '../machines.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../test-server.ts'

export interface Started {
  readonly server: TestServer
  /** The server's own, to be set. */
  readonly clock: { now: number }
  /** The certificate of its hub. */
  readonly hub: Awaited<ReturnType<typeof enrolHub>>
}

/** A server with its hub, which machines can join. */
export async function start(options: TestServerOptions = {}): Promise<Started> {
  const clock = { now: Date.now() }
  const server = await startTestServer({ now: () => clock.now, ...options })
  return { server, clock, hub: await enrolHub(server) }
}
