import type { Argv } from '../plan/step.ts'

/** A command that only reads, and the exit codes that mean "there is none". */
export interface Reading {
  argv: Argv
  tolerate?: readonly number[]
}
