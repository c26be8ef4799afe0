import { dirname } from 'node:path'
import type { Edge } from '../../src/cli.ts'
import { dynfarm, type Ended } from '../fakes/edge.ts'
import type { TestServer } from './test-server.ts'

/** Runs a command line as root on the server's host. */
export function asRoot(
  { socket, configDir }: Pick<TestServer, 'socket' | 'configDir'>,
  words: readonly string[],
  over: Partial<Edge> = {},
): Promise<Ended> {
  const env = { DYNFARM_RUN: dirname(socket), DYNFARM_CONFIG: configDir, ...over.env }
  return dynfarm(words, { ...over, env })
}

/** And with a bundle, from anywhere. */
export function withBundle(bundle: string, words: readonly string[]): Promise<Ended> {
  return dynfarm(words, { env: { DYNFARM_RUN: '/nowhere', DYNFARM_ADMIN: bundle } })
}
