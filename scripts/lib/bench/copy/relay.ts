import type { Siblings } from '../../../../test/lab/remote/siblings.ts'
import { inTurn } from './run.ts'

export interface RelayOptions {
  rounds: number
  megabytes: number
  mbit: number
}

export interface RelayRun {
  ms: number
  /** Of the file, that left the centre. */
  copies: number
}

/** One file to all nodes of a site over a narrow line of the centre, with and without the siblings' help. */
export async function measureRelay(
  site: Siblings,
  { rounds, megabytes, mbit }: RelayOptions,
): Promise<Map<string, RelayRun[]>> {
  const { centre } = site
  const bytes = megabytes * 1e6
  await centre.must(['sh', '-c', `head -c ${bytes} /dev/urandom >/root/file`])
  const shape = `tc qdisc add dev eth0 root tbf rate ${mbit}mbit burst 128kb latency 200ms`
  await centre.must(shape.split(' '))
  const once = (flags: readonly string[]) => async (round: number) => {
    const target = `/root/${flags.length}-${round}`
    const [before, begin] = [await site.sent(), performance.now()]
    const { code, stderr } = await site.put(['-w', '@aruba', ...flags, '/root/file', target])
    const ms = performance.now() - begin
    if (code !== 0) throw new Error(`put ended with ${code}: ${stderr}`)
    return { ms, copies: ((await site.sent()) - before) / bytes }
  }
  return inTurn(rounds, [
    { name: 'put', once: once([]) },
    { name: 'put --relay', once: once(['--relay']) },
  ])
}
