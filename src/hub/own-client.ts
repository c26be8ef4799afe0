import { type Client, openClient } from '../client/requests.ts'
import type { Log } from '../log.ts'
import type { HubIdentity } from './identity.ts'

/** Speaks as this hub. */
export function clientOf({ urls, pins, certificate, key }: HubIdentity, log: Log): Client {
  return openClient({ urls, pins, credential: { certificate, key }, warn: log.warn })
}

/** By the certificate that the hub has at each request, for a loop that makes one after the other. */
export function lastingClient(hub: { identity: HubIdentity; log: Log }): Client {
  let shown = hub.identity
  let client = clientOf(shown, hub.log)
  const now = (): Client => {
    if (hub.identity === shown) return client
    client.close()
    shown = hub.identity
    client = clientOf(shown, hub.log)
    return client
  }
  return {
    request: (name, ask) => now().request(name, ask),
    stream: (name, ask, use) => now().stream(name, ask, use),
    clockAhead: () => client.clockAhead(),
    close: () => client.close(),
  }
}
