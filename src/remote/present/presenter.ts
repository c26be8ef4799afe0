import type { StreamName } from '../channel-output.ts'
import type { HostRecord } from '../record.ts'

/** Shows what the hosts print, each way of it in a file of its own. */
export interface Presenter {
  /** Called again when a host is tried again. */
  begin(node: string): Promise<void> | undefined
  /** While its promise is open no more of that stream is taken from the host. */
  take(node: string, bytes: Buffer, stream: StreamName): Promise<void> | undefined
  /** The host is done with. */
  end(record: HostRecord): Promise<void> | undefined
  /** All are, or the run was stopped. */
  finish(): Promise<void>
}

/** Where it is shown: resolves when there is room for more. */
export type Print = (bytes: Uint8Array, to: StreamName) => Promise<void>
