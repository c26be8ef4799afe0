import type { Argv } from '../plan/step.ts'

/** Everything dynfarm asks of the machine it runs on. The real one is realMachine; tests have a model of one. */
export interface Machine {
  run(command: Command): Promise<Outcome>
  readFile(path: string): Promise<FileState | undefined>
  writeFile(path: string, file: NewFile): Promise<void>
  removeFile(path: string): Promise<void>
}

export interface Command {
  argv: Argv
  input?: string
  timeoutMs?: number
  signal?: AbortSignal
}

/** A command that ran to its end, whatever its exit code. One that could not start is thrown as an error. */
export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

export interface FileState {
  content: Uint8Array
  mode: number
  uid: number
  gid: number
}

export interface NewFile {
  content: Uint8Array
  mode?: number
  owner?: string
}
