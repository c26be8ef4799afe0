import { reach, reachThrough } from '../client/requests/connect.ts'
import { describeFault } from '../client/requests/fault.ts'
import { parseProxyUrl, parseServerUrl, type Target } from '../client/requests/target.ts'
import type { Ability } from './abilities.ts'

/** Whether a job could join from here. The ports of the tunnels are known only to one that has joined. */
export async function tryServers(
  urls: readonly string[],
  proxyUrl: string | undefined,
): Promise<Ability[]> {
  if (urls.length === 0) return [{ name: 'server', isThere: false, why: noServer }]
  const proxy = proxyUrl === undefined ? undefined : parseProxyUrl(proxyUrl)
  return await Promise.all(urls.map((url) => tryServer(parseServerUrl(url), proxy)))
}

const noServer = 'none to try: "--server URL", or "servers" in join.yaml, names one'

async function tryServer(target: Target, proxy: Target | undefined): Promise<Ability> {
  const name = `server "${target.name}"`
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    const opening =
      proxy === undefined ? reach(target, signal) : reachThrough(proxy, target, signal)
    const socket = await opening
    socket.destroy()
    return { name, isThere: true }
  } catch (error) {
    const why = signal.aborted ? 'no answer: a firewall on the way?' : describeFault(error)
    if (why === undefined) throw error
    return { name, isThere: false, why: `is not reached: ${why}` }
  }
}

const PATIENCE_MS = 5000
