import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hosts, makeFile } from './hosts.ts'
import { inTurn, type Ran, run } from './run.ts'

export interface ManyOptions {
  dynfarm: string
  folder: string
  rounds: number
  megabytes: number
}

/** One file to all hosts, by each program. dynfarm's time includes the hashes; the others have none. */
export async function measureMany(
  hosts: Hosts,
  { dynfarm, folder, rounds, megabytes }: ManyOptions,
): Promise<Map<string, Ran[]>> {
  const file = makeFile(folder, { name: 'many', megabytes })
  const width = String(hosts.names.length)
  const list = join(folder, 'names')
  writeFileSync(list, hosts.names.map((name) => `${name}\n`).join(''))
  const own = ['--state', hosts.state, '-i', hosts.identity, '-f', width, '-w', '@lab']
  const clean = () => run([dynfarm, 'remote', 'exec', ...own, 'rm -f /run/copied'])
  const clush = (config: string) =>
    `clush -S -f ${width} -w ${hosts.names.join(',')} -o`
      .split(' ')
      .concat(`-F ${config}`, '-c', file, '--dest', '/run/copied')
  const pscp = (config: string) => [
    ...['parallel-scp', '-p', width, '-h', list, '-x', `-F ${config}`],
    ...[file, '/run/copied'],
  ]
  const argvs: Record<string, readonly string[]> = {
    'dynfarm put': [dynfarm, 'remote', 'put', ...own, file, '/run/copied'],
    'clush -c, equal ciphers': clush(hosts.sshConfigs.equal),
    'pscp, equal ciphers': pscp(hosts.sshConfigs.equal),
    'clush -c as it comes': clush(hosts.sshConfigs.usual),
    'pscp as it comes': pscp(hosts.sshConfigs.usual),
  }
  const contenders = Object.entries(argvs).map(([name, argv]) => ({
    name,
    once: async () => {
      await clean()
      return run(argv)
    },
  }))
  return inTurn(rounds, contenders)
}
