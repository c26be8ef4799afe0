import type { EndpointName } from '../../protocol/endpoints.ts'
import type { Call, NodeCaller } from '../call.ts'

/** Who calls where only nodes and jobs may. */
export function callingNode({ caller }: Pick<Call<EndpointName>, 'caller'>): NodeCaller {
  if (caller.kind === 'node' || caller.kind === 'job') return caller
  throw new Error(`a ${caller.kind} was let in as a node`)
}
