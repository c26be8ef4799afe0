import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Holds flock(1) on a file while the work is done; the kernel lets go of it however this process ends. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    await once(holder.stdout, 'data')
    return await work()
  } finally {
    holder.stdin.end()
    await once(holder, 'exit')
  }
}
