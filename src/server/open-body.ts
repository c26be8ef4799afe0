import type { IncomingMessage } from 'node:http'

/** Whether more of the body is to come, that nobody will read. */
export function isBodyOpen({ complete, headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  return !complete && (length !== '0' || encoding !== undefined)
}

/** What is under way already is let in before the answer goes out; a larger body is not waited for. */
export function drainBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, drainMs).unref()
    request.once('end', resolve).once('close', resolve).unpipe().resume()
  })
}

const drainMs = 200

/** Ends the connection of who still sends, when the answer has had its time to be read. */
export function endSoon(request: IncomingMessage): void {
  const { socket } = request
  setTimeout(() => {
    if (!request.complete) socket.destroy()
  }, lingerMs).unref()
}

const lingerMs = 1000
