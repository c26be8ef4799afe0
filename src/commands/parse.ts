import { DynfarmError, errorTable } from '../errors.ts'
import { readBuild } from '../version.ts'
import type { Context, Result } from './command.ts'
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
  // With commander, which who asks for the version does not wait for.
  const { needsCommand, readWords } = await import('./words.ts')
  const { input, help } = await hinting(name, () => readWords(words, { name, spec }))
  const settings = readSettings(input.options, env)
  if (help !== '') return { settings, start: async () => helpResult(help) }
  if (spec === undefined) throw needsCommand(words)
  return { settings, start: (context) => hinting(name, () => spec.run(input, context)) }
}

/** Wrong usage of a command is to be read up in its own help, unless the error knows better. */
async function hinting<T>(name: string | undefined, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isBare = error instanceof DynfarmError && error.hint === errorTable.usage.hint
    if (!isBare || name === undefined) throw error
    const { code, message, cause, details = {} } = error
    throw new DynfarmError(code, message, { hint: `see "dynfarm help ${name}"`, cause, details })
  }
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
