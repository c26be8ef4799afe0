/** What the hub within the namespaces is told; it comes through a pipe, and is nowhere else. */
export interface HubOrder {
  stateDir: string
  /** Both only at the first start. */
  servers: readonly string[]
  token: string | undefined
  /** Where slirp4netns takes orders. */
  socket: string
  /** Whether this user may ping by the host: else what answers to pings says nothing of the services. */
  canPing: boolean
}
