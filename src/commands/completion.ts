import type { CommandSpec } from './command.ts'
import { commonOptions } from './settings.ts'
import { type CommandName, loadCommand, summaries } from './table.ts'

export const spec: CommandSpec = {
  arguments: [['<shell>', 'bash, zsh or fish', ['bash', 'zsh', 'fish']]],
  examples: [
    ['dynfarm completion bash > /etc/bash_completion.d/dynfarm', 'for every user of bash'],
    ['dynfarm completion fish > ~/.config/fish/completions/dynfarm.fish', 'for oneself'],
  ],
  exits: [],
  run: async ({ args: [shell] }) => {
    const script = scripts[shell as Shell](await Promise.all(names().map(describe)))
    return { text: script, json: { shell, script } }
  },
}

type Shell = keyof typeof scripts

interface Described {
  name: CommandName
  summary: string
  flags: string[]
}

const scripts = { bash, zsh, fish }

function names(): CommandName[] {
  return Object.keys(summaries) as CommandName[]
}

async function describe(name: CommandName): Promise<Described> {
  const { options = [] } = await loadCommand(name)
  const flags = [...options, ...commonOptions].flatMap(
    ([text]) => text.match(/--?[a-z][a-z-]*/g) ?? [],
  )
  return { name, summary: summaries[name], flags: [...flags, '--help'] }
}

/** What may follow each path of words: the commands of a group, or the options of a command. */
function followers(commands: readonly Described[]): Map<string, string[]> {
  const after = new Map<string, string[]>()
  const add = (path: string, words: readonly string[]) =>
    after.set(path, [...new Set([...(after.get(path) ?? []), ...words])])
  for (const { name, flags } of commands) {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) add(words.slice(0, index).join(' '), [word])
    add(name, flags)
  }
  return after
}

function bash(commands: readonly Described[]): string {
  const cases = [...followers(commands)].map(
    ([path, words]) => `    '${path}') words='${words.join(' ')}' ;;`,
  )
  return `# bash completion of dynfarm
_dynfarm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) [ "$(wc -w <<<"$path")" -lt 2 ] && path="\${path:+$path }$word" ;; esac
  done
  _dynfarm_words "$path"
  [ -n "$words" ] || _dynfarm_words "\${path%% *}"
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
_dynfarm_words() {
  case $1 in
${cases.join('\n')}
  esac
}
complete -o default -F _dynfarm dynfarm
`
}

function zsh(commands: readonly Described[]): string {
  return `#compdef dynfarm\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
}

function fish(commands: readonly Described[]): string {
  return `${commands.flatMap(fishLines).join('\n')}\n`
}

function fishLines({ name, summary, flags }: Described): string[] {
  const words = name.split(' ')
  const last = words.at(-1)
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
  const before =
    words.length === 1 ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${words[0]}`
  const offer = `complete -c dynfarm -f -n '${before}' -a ${last} -d "${summary}"`
  const long = flags.filter((flag) => flag.startsWith('--'))
  return [offer, ...long.map((flag) => `complete -c dynfarm -n '${seen}' -l ${flag.slice(2)}`)]
}
