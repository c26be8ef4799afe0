import { CommanderError } from 'commander'
import { DynfarmError } from '../errors.ts'
import type { CommandSpec, Input } from './command.ts'
import { makeProgram } from './program.ts'

interface Read {
  input: Input
  help: string
}

export function readWords(
  words: readonly string[],
  command: { name: string | undefined; spec: CommandSpec | undefined },
): Read {
  let input: Input = { args: [], options: {} }
  let help = ''
  const program = makeProgram({
    ...command,
    onCommand: (given) => {
      input = given
    },
    onHelp: (text) => {
      help += text
    },
  })
  try {
    program.parse(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code !== 'commander.helpDisplayed') throw usageError(error, words)
  }
  return { input, help }
}

/** commander's sentences in our form: no prefix, double quotes, the suggestion as the hint. */
function usageError(error: CommanderError, words: readonly string[]): DynfarmError {
  if (error.code === 'commander.help') return needsCommand(words)
  const [, sentence = error.message, suggestion] =
    /^error: (.*?)(?:\n\(Did you mean (.*)\?\))?$/s.exec(error.message) ?? []
  const hint = suggestion === undefined ? {} : { hint: `did you mean "${suggestion}"?` }
  return new DynfarmError('usage', sentence.replace(/'([^']*)'/g, '"$1"'), hint)
}

export function needsCommand(words: readonly string[]): DynfarmError {
  const group = words.find((word) => !word.startsWith('-'))
  if (group === undefined) return new DynfarmError('usage', 'no command given')
  return new DynfarmError('usage', `"${group}" needs one of its commands`, {
    hint: `see "dynfarm help ${group}"`,
  })
}
