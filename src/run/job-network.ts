/** What of the network is this job's. */
export interface JobNetwork {
  /** The job's first process, as the outer namespaces count. */
  pid: number
  /** The inner addresses of the job: its own device has them. */
  addresses: readonly string[]
  /** The device of the tunnel, and the size of its packets. */
  tunnel: { device: string; mtu: number }
  route: 'split' | 'all'
  /** Bits a second; undefined for none. */
  limits: { rx: number | undefined; tx: number | undefined }
  /** Addresses and prefixes of this very machine: by its own sshd a job would get out of all this. */
  closed: readonly string[]
}
