import type { Closing } from './closing.ts'
import type { Bytes } from './command-line.ts'
import type { PrivateFolder } from './edge/folder.ts'
import type { PlainJob } from './edge/plain-job.ts'
import type { Connected, JobIdentity } from './enrolment.ts'
import type { Count, Dropped } from './traffic.ts'

/** What every mode is opened with. */
export interface Opening {
  closing: Closing
  folder: PrivateFolder
  joining: Promise<JobIdentity>
  joined(identity: JobIdentity): void
  /** Not to be seen by the job. */
  tokenFiles: readonly string[]
  tools: { path: string; self: readonly [string, ...string[]] }
  signal: AbortSignal
}

/** All that a job needs stands, in whatever mode: it may begin. */
export interface Ready {
  identity: JobIdentity
  held: Connected
  job: PlainJob
  /** What the job is given of the environment that dynfarm was given. */
  environment(own: readonly Bytes[]): readonly Bytes[]
  /** Bytes so far; undefined when they cannot be told any more. */
  count(): Count | undefined
  /** Asked when the job has ended. */
  dropped(): Promise<Dropped>
}
