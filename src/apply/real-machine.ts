import type { Machine } from './machine.ts'
import { readFileState } from './read.ts'
import { runCommand } from './run.ts'
import { removeFileDurably, writeFileAtomically } from './write.ts'

export function realMachine(): Machine {
  return {
    run: runCommand,
    readFile: readFileState,
    writeFile: writeFileAtomically,
    removeFile: removeFileDurably,
  }
}
