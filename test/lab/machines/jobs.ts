import type { Outcome } from './agent.ts'
import { serverUrl } from './centre.ts'
import type { Machine } from './machine.ts'

export interface Lent {
  /** As an ordinary user of the machine, in whatever mode it allows. */
  run(command: readonly string[]): Promise<Outcome>
}

/** The machine gets a user without rights, who has a token for jobs. */
export async function lendTo(machine: Machine, token: string): Promise<Lent> {
  await machine.sh('useradd --create-home alice')
  await machine.must(['install', '-o', 'alice', '-m', '0600', '/dev/stdin', tokenFile], {
    ...{ input: token, quiet: true },
  })
  return {
    run: (command) =>
      machine.run(['runuser', '-u', 'alice', '--', 'dynfarm', 'run', ...options, '--', ...command]),
  }
}

const tokenFile = '/home/alice/token'
const options = ['--mode', 'auto', '--server', serverUrl, '--token-file', tokenFile]
