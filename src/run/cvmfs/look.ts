import type { Machine } from '../../apply/machine.ts'
import { tryCommand } from '../../client/reading.ts'
import type { Seen } from './ways.ts'

/** Whether each folder is there and has something in it; what is mounted when somebody looks is mounted then. */
export function lookingAt(repositories: readonly string[]): string[] {
  return ['sh', '-c', lookScript, 'sh', ...repositories.map((name) => `/cvmfs/${name}/`)]
}

/** A file system whose server is gone may never answer. */
export function within(seconds: number): [string, ...string[]] {
  return ['timeout', '-s', 'KILL', String(seconds)]
}

const lookScript = `for folder do
  found=$(ls -A "$folder") || exit 1
  test -n "$found" || { echo "$folder is empty" >&2; exit 1; }
done`

/** By what was said last. */
export function whyNot({ code, said }: { code: number; said: string }, seconds: number): string {
  if (code === KILLED || code === TIMED_OUT) return `nothing came in ${seconds} s`
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? `it ended with ${code}` : lines.slice(-3).join('; ').slice(-400)
}

const KILLED = 137
const TIMED_OUT = 124

const whereScript = `PATH=$1
for program in cvmfsexec parrot_run; do
  found=$(command -v "$program") && echo "$program $(readlink -f "$found")"
done
:`

/** Before there are namespaces: what mounts on demand does so for the machine, not for what is a copy of it. */
export async function observeCvmfs(
  machine: Machine,
  repositories: readonly string[],
  path: string,
): Promise<Seen> {
  const looking = tryCommand(machine, [...within(LOOK_SECONDS), ...lookingAt(repositories)])
  const where = tryCommand(machine, ['sh', '-c', whereScript, 'sh', path])
  const [{ code, stderr }, { stdout }] = await Promise.all([looking, where])
  const found = (name: string) => new RegExp(`^${name} (/.+)$`, 'm').exec(stdout)?.[1]
  return {
    unmounted: code === 0 ? undefined : whyNot({ code, said: stderr }, LOOK_SECONDS),
    cvmfsexec: found('cvmfsexec'),
    parrot: found('parrot_run'),
  }
}

const LOOK_SECONDS = 20
