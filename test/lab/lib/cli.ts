import { Command, CommanderError } from 'commander'
import { DynfarmError } from '../../../src/errors.ts'
import { openLab, startLab, takeDown } from './lab.ts'
import { homeOf } from './lab-host.ts'
import { scenarios } from './scenarios.ts'
import { addressesOf } from './topology.ts'

const program = new Command('scripts/lab')
  .description('hosts as network namespaces on this machine')
  .option('--lab <name>', 'one of several labs', 'default')
  .enablePositionalOptions()
  .exitOverride()
  .addHelpText('after', () => `\nscenarios: ${Object.keys(scenarios).join(', ')}`)

program
  .command('up')
  .description('start the hosts of a scenario; they stay until "down"')
  .argument('[scenario]', 'which hosts', 'picture')
  .option('--machines <n>', 'how many borrowed machines (up to 500)', Number)
  .action(up)

program
  .command('hosts')
  .description('list the hosts with their addresses')
  .option('--json', 'one document')
  .action(listHosts)

program
  .command('exec')
  .description("run a command on a host; its exit code is this one's")
  .argument('<host>')
  .argument('<command...>')
  .option('--ordinary', 'as an ordinary user')
  .passThroughOptions()
  .action(exec)

program
  .command('reboot')
  .description('end all processes of a host and start it again; its files stay')
  .argument('<host>')
  .action(async (host: string) => await openLab(labName()).reboot(host))

program
  .command('down')
  .description('end the lab, and sweep up after labs whose runner was killed')
  .action(async () => await takeDown(labName()))

async function up(scenario: string, options: { machines?: number }): Promise<void> {
  const interrupt = new AbortController()
  // Kept to the end: execa sends a signal on that it alone still listens to.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => interrupt.abort(new DynfarmError('interrupted', 'interrupted')))
  const started = Date.now()
  const lab = await startLab({
    name: labName(),
    scenario,
    ...options,
    alone: true,
    signal: interrupt.signal,
  })
  lab.detach()
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  process.stderr.write(`lab: ${lab.hosts.length} hosts up in ${seconds} s\n`)
}

function listHosts({ json }: { json?: boolean }): void {
  const hosts = openLab(labName()).hosts.map(({ spec }) => ({
    name: spec.name,
    addresses: addressesOf(spec),
  }))
  const width = Math.max(...hosts.map((host) => host.name.length))
  const table = hosts.map((host) => `${host.name.padEnd(width)}  ${host.addresses.join(' ')}`)
  process.stdout.write(`${json ? JSON.stringify(hosts) : table.join('\n')}\n`)
}

/** Becomes the command, so that streams, terminal, signals and exit code are the command's own. */
function exec(name: string, command: string[], { ordinary }: { ordinary?: boolean }): void {
  const host = openLab(labName()).host(name)
  const argv = command[0] === '--' ? command.slice(1) : command
  const env = { ...process.env, HOME: homeOf(ordinary) }
  process.execve?.('/usr/bin/env', ['env', ...host.enter(ordinary), ...argv], env)
}

function labName(): string {
  return program.opts<{ lab: string }>().lab
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64
  if (!(error instanceof DynfarmError)) throw error
  process.stderr.write(`lab: ${error.message}\n`)
  if (error.hint !== undefined) process.stderr.write(`lab: hint: ${error.hint}\n`)
  return error.exit
}

try {
  if (process.getuid?.() !== 0) throw new DynfarmError('needs-root', 'the lab needs root')
  await program.parseAsync()
} catch (error) {
  process.exitCode = fail(error)
}
