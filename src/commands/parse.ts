import { CommanderError } from 'commander'
import { DynfarmError } from '../errors.ts'
import { readBuild } from '../version.ts'
import type { CommandSpec, Context, Input, Result } from './command.ts'
import { makeProgram } from './program.ts'
import { readSettings, type Settings } from './settings.ts'
import { findCommand, loadCommand } from './table.ts'

export interface Parsed {
  settings: Settings
  start(context: Context): Promise<Result>
}

/** Only the command that was asked for is loaded. */
export async function parse(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Parsed> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
  const name = findCommand(words)
  if (name === undefined && words.includes('--version')) return versionOf(words, env)
  const spec = name === undefined ? undefined : await loadCommand(name)
  const { input, help } = readWords(words, { name, spec })
  const settings = readSettings(input.options, env)
  if (help !== '') return { settings, start: async () => helpResult(help) }
  if (spec === undefined) throw needsCommand(words)
  return { settings, start: (context) => spec.run(input, context) }
}

function versionOf(words: readonly string[], env: NodeJS.ProcessEnv): Parsed {
  const build = readBuild()
  const { version, commit, platform, bundle } = build
  const text = `dynfarm ${version} (${commit}) ${platform} bundle ${bundle}\n`
  const settings = readSettings({ json: words.includes('--json') }, env)
  return { settings, start: async () => ({ text, json: build }) }
}

function helpResult(help: string): Result {
  return { text: help, json: { help } }
}

interface Read {
  input: Input
  help: string
}

function readWords(
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

function needsCommand(words: readonly string[]): DynfarmError {
  const group = words.find((word) => !word.startsWith('-'))
  if (group === undefined) return new DynfarmError('usage', 'no command given')
  return new DynfarmError('usage', `"${group}" needs one of its commands`, {
    hint: `see "dynfarm help ${group}"`,
  })
}
