import type { CommandSpec } from '../../src/commands/command.ts'
import { meaningsOf } from '../../src/commands/program.ts'
import { commonOptions } from '../../src/commands/settings.ts'
import { type CommandName, loadCommand, summaries } from '../../src/commands/table.ts'

/** docs/commands: a page for each command, from what its own help is made of, and one that lists them. */
export async function renderCommandPages(): Promise<Map<string, string>> {
  const names = Object.keys(summaries) as CommandName[]
  const pages = names.map(
    async (name) => [pageOf(name), renderPage(name, await loadCommand(name))] as const,
  )
  return new Map([['README.md', renderIndex(names)], ...(await Promise.all(pages))])
}

function pageOf(name: CommandName): string {
  return `${name.replace(' ', '-')}.md`
}

function renderIndex(names: readonly CommandName[]): string {
  const rows = names.map((name) => [`[dynfarm ${name}](${pageOf(name)})`, summaries[name]])
  return sections([
    '# Commands',
    table(['command', ''], rows),
    '## Common options',
    'Before or after any command:',
    table(['option', ''], commonOptions.map(optionRow)),
  ])
}

function renderPage(name: CommandName, spec: CommandSpec): string {
  const { about, options = [], examples, exits } = spec
  const names = (spec.arguments ?? []).map(([argument]) => argument)
  const usage = ['dynfarm', name, ...(options.length > 0 ? ['[options]'] : []), ...names].join(' ')
  const shown = examples.map(([command, what]) => `# ${what}\n${command}`)
  return sections([
    `# dynfarm ${name}`,
    sentence(summaries[name]),
    ...(about === undefined ? [] : [about]),
    code(usage),
    ...part('Arguments', (spec.arguments ?? []).map(optionRow)),
    ...part('Options', options.map(optionRow)),
    'Also the [common options](README.md#common-options).',
    '## Examples',
    code(shown.join('\n\n')),
    '## Exit codes',
    table(['code', 'meaning'], Object.entries(meaningsOf(exits))),
  ])
}

function part(title: string, rows: readonly string[][]): string[] {
  return rows.length === 0 ? [] : [`## ${title}`, table(['', ''], rows)]
}

function optionRow([flags, what, choices]: readonly [string, string, (readonly string[])?]) {
  const named = choices === undefined ? what : `${what}: ${choices.join(', ')}`
  return [`\`${flags}\``, named]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`).join('\n')
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function code(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function sections(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}
