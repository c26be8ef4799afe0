import type { Argv } from '../plan/step.ts'

/** Everything dynfarm asks of the machine it runs on. The real one is real-machine.ts; tests have a model of one. */
export interface Machine {
  run(command: Command): Promise<Outcome>
  /** undefined when there is no such file; anything but a regular file is refused. */
  readFile(path: string): Promise<FileState | undefined>
  /** Does nothing when content, mode and owner are already so. */
  writeFile(path: string, file: NewFile): Promise<void>
  /** Does nothing when there is no such file. */
  removeFile(path: string): Promise<void>
}

export interface Command {
  argv: Argv
  input?: string | undefined
  /** One minute when absent. */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
  /** How much of each output stream is kept, head and tail; 1 MiB when absent. */
  outputLimit?: number | undefined
  /** Put into the environment, where it finds the processes of a run that was killed. */
  marker?: string | undefined
}

/**
 * A command that ended, whatever its exit code: 128+N when signal N ended it, 124 with `timedOut` when
 * its time was up. One that could not start is thrown as an error, and so is an interruption.
 */
export interface Outcome {
  code: number
  stdout: string
  stderr: string
  timedOut?: boolean
  /** Output beyond the limit was left out of the middle. */
  cut?: boolean
}

export interface FileState {
  content: Uint8Array
  mode: number
  uid: number
  gid: number
}

export interface NewFile {
  content: Uint8Array
  mode?: number | undefined
  owner?: string | undefined
}
