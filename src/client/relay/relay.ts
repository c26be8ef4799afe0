import { realMachine } from '../../apply/real-machine.ts'
import { type FetchOptions, fetchParts } from './fetch.ts'
import { loadPlace } from './place.ts'
import { type ServeOptions, serveSiblings } from './serve.ts'

/** This node as one that the others fetch from. */
export async function serveHere(
  stateDir: string,
  options: Omit<ServeOptions, 'place'>,
): Promise<void> {
  const place = await loadPlace(realMachine(), stateDir)
  await serveSiblings({ ...options, place })
}

/** This node as one of the others. */
export async function fetchHere(
  stateDir: string,
  options: Omit<FetchOptions, 'place'>,
): Promise<void> {
  const place = await loadPlace(realMachine(), stateDir)
  await fetchParts({ ...options, place })
}
