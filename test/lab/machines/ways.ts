import type { Machine } from './machine.ts'

/** As soon as the way is there again. */
export async function reaches(machine: Machine, host: string): Promise<void> {
  await machine.must(['ping', '-q', '-c1', '-i0.5', '-w500', host])
}

export async function echoes(machine: Machine, host: string, port: number): Promise<void> {
  await machine.must(echo(host, port))
}

/** 1 MB there and back over one connection. */
export function echo(host: string, port: number): string[] {
  const script = `
    sent=$(mktemp)
    trap 'rm $sent' EXIT
    head -c 1000000 /dev/urandom >$sent
    socat -t 60 - TCP:$1:$2 <$sent | cmp - $sent`
  return ['sh', '-euc', script, 'sh', host, String(port)]
}
