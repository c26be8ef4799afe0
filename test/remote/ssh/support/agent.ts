import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** An ssh-agent with these keys of the folder. */
export function startAgent(
  folder: string,
  keys: readonly string[],
): { socket: string; stop(): void } {
  const socket = join(folder, 'agent')
  const said = execFileSync('ssh-agent', ['-a', socket]).toString()
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1])
  const env = { ...process.env, SSH_AUTH_SOCK: socket }
  for (const key of keys) execFileSync('ssh-add', ['-q', join(folder, key)], { env })
  return { socket, stop: () => process.kill(pid) }
}
