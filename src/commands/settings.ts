import { resolve } from 'node:path'
import { DynfarmError } from '../errors.ts'
import type { Access, OptionSpec, OptionValue } from './command.ts'

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

export function readSettings(
  options: Readonly<Record<string, OptionValue>>,
  env: NodeJS.ProcessEnv,
): Settings {
  return {
    // What is started from here has another working folder.
    configDir: resolve(given(options, 'config') ?? (env['DYNFARM_CONFIG'] || '/etc/dynfarm')),
    stateDir: resolve(given(options, 'state') ?? (env['DYNFARM_STATE'] || '/var/lib/dynfarm')),
    runDir: resolve(env['DYNFARM_RUN'] || '/run/dynfarm'),
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
  const isStateNamed = given(options, 'state') !== undefined || Boolean(env['DYNFARM_STATE'])
  return {
    bundle: given(options, 'bundle') ?? (env['DYNFARM_ADMIN'] || undefined),
    ownBundle: home ? `${home}/.config/dynfarm/admin.json` : undefined,
    sudoUser: env['SUDO_USER'],
    ownState: home && !isStateNamed ? `${home}/.local/state/dynfarm` : undefined,
  }
}

/** A script whose variable is not set gives an empty word, which would mean the working folder. */
function given(options: Readonly<Record<string, OptionValue>>, name: string): string | undefined {
  const value = options[name]
  if (value === '') throw new DynfarmError('usage', `--${name} wants a path, not ""`)
  return typeof value === 'string' ? value : undefined
}
