import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command, Machine } from '../../../src/apply/machine.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { DynfarmError } from '../../../src/errors.ts'
import type { Argv } from '../../../src/plan/step.ts'
import { testFolder } from '../../fakes/folder.ts'

export interface Rooted extends Machine {
  base: string
  root: string
  state: string
}

/** Programs that see the machine's paths below `root`. */
const OF_PATHS = new Set(['stat', 'realpath', 'mkdir', 'rmdir', 'find', 'test'])
const AS_THEY_ARE = new Set(['getent', 'id', 'false'])

/** A machine whose files lie in a folder of the test's own, with the real programs and a real sshd. */
/** Without a configuration it has no sshd. */
export function rootedMachine(sshdConfig: string | null = ''): Rooted {
  const base = testFolder()
  const root = join(base, 'root')
  const real = realMachine()
  const at = (path: string) => (path.startsWith('/') ? root + path : path)
  put(root, '/proc/sys/kernel/hostname', 'old\n')
  mkdirSync(join(root, 'root'), { mode: 0o700 })
  const sshd = sshdConfig === null ? undefined : makeSshd(base, sshdConfig)
  return {
    base,
    root,
    state: join(base, 'state'),
    readFile: (path) => real.readFile(at(path)),
    writeFile: (path, file) => real.writeFile(at(path), file),
    removeFile: (path) => real.removeFile(at(path)),
    run: async (command) => {
      const [program, ...args] = command.argv
      if (program === 'hostname') return await setHostname(args, command, root)
      if (program === 'sshd' && sshd !== undefined) return await real.run({ argv: sshd(args) })
      if (AS_THEY_ARE.has(program)) return await real.run(command)
      if (!OF_PATHS.has(program)) throw new DynfarmError('program-missing', program)
      const outcome = await real.run({ ...command, argv: [program, ...args.map(at)] })
      return { ...outcome, stdout: outcome.stdout.replaceAll(root, '') }
    },
  }
}

async function setHostname([name = '']: string[], { argv }: Command, root: string) {
  if (argv.length !== 2) throw new Error(`unexpected: ${argv.join(' ')}`)
  writeFileSync(join(root, 'proc/sys/kernel/hostname'), `${name}\n`)
  return { code: 0, stdout: '', stderr: '' }
}

export function put(root: string, path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  chmodSync(join(root, path), mode)
}

/** The real one, which wants a host key, with a /run/sshd that nobody else sees. */
function makeSshd(base: string, config: string): (args: readonly string[]) => Argv {
  const key = join(base, 'host-key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  writeFileSync(join(base, 'sshd_config'), `HostKey ${key}\n${config}\n`)
  return (args) => [...sshdArgv, ...args, '-f', join(base, 'sshd_config')]
}

const script = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd "$@"'
export const sshdArgv = ['unshare', '--mount', 'sh', '-c', script, 'sshd'] as const
