import type { EndpointName } from '../../src/protocol/endpoints.ts'
import type { Handler, Handlers } from '../../src/server/call.ts'
import { handlers } from '../../src/server/handlers.ts'

/** The handlers as they are, and how many requests have come to that one. */
export function counted(name: EndpointName): { handlers: Handlers; calls: () => number } {
  let calls = 0
  const answer = handlers[name] as Handler<EndpointName>
  const counting: Handler<EndpointName> = (call, server) => {
    calls += 1
    return answer(call, server)
  }
  return { handlers: { ...handlers, [name]: counting }, calls: () => calls }
}
