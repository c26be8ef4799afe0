import type { Bytes } from './command-line.ts'
import type { PlainJob } from './edge/plain-job.ts'
import type { JobIdentity } from './enrolment.ts'
import type { Held } from './inside.ts'
import type { Count, Dropped } from './traffic.ts'

/** All that a job needs stands, in whatever mode: it may begin. */
export interface Ready {
  identity: JobIdentity
  held: Pick<Held, 'rung'> & Partial<Pick<Held, 'mtu'>>
  job: PlainJob
  /** What the job is given of the environment that dynfarm was given. */
  environment(own: readonly Bytes[]): readonly Bytes[]
  /** Bytes so far; undefined when they cannot be told any more. */
  count(): Count | undefined
  /** Asked when the job has ended. */
  dropped(): Promise<Dropped>
}
