import type { OptionSpec, OptionValue } from './command.ts'

/** What every command understands, before or after its name. */
export const commonOptions: readonly OptionSpec[] = [
  ['--config <dir>', 'configuration folder (default: $DYNFARM_CONFIG or /etc/dynfarm)'],
  ['--state <dir>', 'state folder (default: $DYNFARM_STATE or /var/lib/dynfarm)'],
  ['--bundle <file>', 'bundle of an administrator (default: $DYNFARM_ADMIN, see "admin create")'],
  ['--json', 'one JSON document, or one line a record'],
  ['--quiet', 'warnings and errors only'],
  ['-v, --verbose', 'tell more of what is done'],
  ['--no-color', 'no colours (also with NO_COLOR set)'],
]

export interface Settings {
  configDir: string
  stateDir: string
  runDir: string
  access: Access
  json: boolean
  quiet: boolean
  verbose: boolean
  colour: boolean
}

/** By what an administrator may be let in, besides the server's socket. */
export interface Access {
  /** The bundle that was named. */
  bundle: string | undefined
  /** Where a person's own is kept. */
  ownBundle: string | undefined
  /** Who became root by sudo. */
  sudoUser: string | undefined
  /** Where a person who is not root keeps what `remote` keeps, unless a state folder was named. */
  ownState: string | undefined
}

export function readSettings(
  options: Readonly<Record<string, OptionValue>>,
  env: NodeJS.ProcessEnv,
): Settings {
  return {
    configDir: text(options['config']) ?? env['DYNFARM_CONFIG'] ?? '/etc/dynfarm',
    stateDir: text(options['state']) ?? env['DYNFARM_STATE'] ?? '/var/lib/dynfarm',
    runDir: env['DYNFARM_RUN'] ?? '/run/dynfarm',
    access: readAccess(options, env),
    json: options['json'] === true,
    quiet: options['quiet'] === true,
    verbose: options['verbose'] === true,
    colour: options['color'] !== false,
  }
}

function readAccess(
  options: Readonly<Record<string, OptionValue>>,
  env: NodeJS.ProcessEnv,
): Access {
  const home = env['HOME']
  const isStateNamed = (text(options['state']) ?? env['DYNFARM_STATE']) !== undefined
  return {
    bundle: text(options['bundle']) ?? (env['DYNFARM_ADMIN'] || undefined),
    ownBundle: home ? `${home}/.config/dynfarm/admin.json` : undefined,
    sudoUser: env['SUDO_USER'],
    ownState: home && !isStateNamed ? `${home}/.local/state/dynfarm` : undefined,
  }
}

function text(value: OptionValue): string | undefined {
  return typeof value === 'string' ? value : undefined
}
