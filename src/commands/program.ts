import { Argument, Command, Option } from 'commander'
import { exitMeanings } from '../errors.ts'
import type { ArgumentSpec, CommandSpec, Input, OptionSpec } from './command.ts'
import { commonOptions } from './settings.ts'
import { groups, internals, summaries } from './table.ts'

interface ProgramOptions {
  /** The command that was asked for, the only one whose options are known. */
  name: string | undefined
  spec: CommandSpec | undefined
  onCommand(input: Input): void
  onHelp(text: string): void
}

export function makeProgram({ name, spec, onCommand, onHelp }: ProgramOptions): Command {
  const program = new Command('dynfarm')
    .description("make borrowed machines part of a computing centre's own farm")
    .usage('<command> [options]')
    .configureOutput({ writeOut: onHelp, writeErr: () => {} })
    .configureHelp({ showGlobalOptions: false, subcommandTerm: (command) => command.name() })
    .option('--version', 'print version, commit, platform and the hash of the bundle')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .enablePositionalOptions()
  addOptions(program, commonOptions)
  for (const [each, summary] of [...Object.entries(summaries), ...internalOf(name)]) {
    const command = place(program, each).description(summary)
    if (each === name && spec !== undefined) define(command, spec, onCommand)
  }
  return program
}

function internalOf(name: string | undefined): [string, string][] {
  return Object.entries(internals).filter(([each]) => each === name)
}

/** `token create` is the command create of the group token, which is made when it is first needed. */
function place(program: Command, name: string): Command {
  return name.split(' ').reduce((parent, word) => {
    const known = parent.commands.find((command) => command.name() === word)
    return (
      known ??
      parent
        .command(word)
        .helpCommand(false)
        .description(groups[word] ?? '')
    )
  }, program)
}

function define(command: Command, spec: CommandSpec, onCommand: (input: Input) => void): void {
  if (spec.about !== undefined) command.description(`${command.description()}\n\n${spec.about}`)
  addArguments(command, spec.arguments ?? [])
  addOptions(command, spec.options ?? [])
  command.optionsGroup('Common options:')
  addOptions(command, commonOptions)
  if (spec.passThrough === true) command.passThroughOptions()
  command.allowExcessArguments(false)
  command.addHelpText('after', footer(spec))
  command.action(() => onCommand({ args: command.args, options: givenOptions(command) }))
}

/** Before the command or after it; a default of the one place must not hide what was given in the other. */
function givenOptions(command: Command): Input['options'] {
  const above = command.parent === null ? {} : givenOptions(command.parent)
  const own = Object.entries(command.opts<Input['options']>()).filter(
    ([name]) => command.getOptionValueSource(name) !== 'default',
  )
  return { ...above, ...Object.fromEntries(own) }
}

function addArguments(command: Command, specs: readonly ArgumentSpec[]): void {
  for (const [name, what, choices] of specs) {
    const argument = new Argument(name, what)
    command.addArgument(choices === undefined ? argument : argument.choices(choices))
  }
}

function addOptions(command: Command, specs: readonly OptionSpec[]): void {
  for (const [flags, what, choices] of specs) {
    const option = makeOption(flags, what)
    command.addOption(choices === undefined ? option : option.choices(choices))
  }
}

/** `<value...>` may be given again and again, one value each time: it does not swallow the words behind it. */
function makeOption(flags: string, what: string): Option {
  const once = new Option(flags.replace('...', ''), what)
  if (!flags.includes('...')) return once
  return once.argParser((value, before: string[] = []) => [...before, value])
}

function footer({ examples, exits }: CommandSpec): string {
  const shown = examples.map(([command, what]) => `  # ${what}\n  ${command}`)
  const codes = Object.entries(meaningsOf(exits)).map(
    ([code, what]) => `  ${code.padStart(3)}  ${what}`,
  )
  return `\nExamples:\n${shown.join('\n')}\n\nExit codes:\n${codes.join('\n')}`
}

/** Of every exit code that a command may end with. */
export function meaningsOf(exits: CommandSpec['exits']): Record<string, string> {
  const own = exits.map((exit) => (typeof exit === 'number' ? [exit, exitMeanings[exit]] : exit))
  const always = ([0, 1, 64, 130] as const).map((code) => [code, exitMeanings[code]])
  return Object.fromEntries([...always, ...own])
}
