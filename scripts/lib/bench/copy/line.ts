import { connect, createServer, type Socket } from 'node:net'

/**
 * A long line between a local port and a host: `line.ts ADDRESS PORT MBIT MS`. Each direction carries so many Mbit/s
 * and takes half of the round trip. It prints its port, and ends with its standard input. It runs as a process of its
 * own, because it is measured through.
 */
const [address = '', port = '', mbit = '', roundTrip = ''] = process.argv.slice(2)
const bytesPerMs = (Number(mbit) * 1e6) / 8000
const oneWay = Number(roundTrip) / 2
/** As much as waits in the buffer of a router before the sender has to wait. */
const mostWaiting = bytesPerMs * 50

process.stdin.resume().once('end', () => process.exit())

const server = createServer((near) => {
  const far = connect({ host: address, port: Number(port), noDelay: true })
  near.setNoDelay(true)
  carry(near, far)
  carry(far, near)
})
server.listen(0, '127.0.0.1', () => {
  const bound = server.address()
  if (typeof bound === 'object') console.log(bound?.port)
})

function carry(from: Socket, to: Socket): void {
  const queue: { at: number; chunk: Buffer | undefined }[] = []
  let freeAt = 0
  from.on('error', () => to.destroy())
  from.on('data', (chunk: Buffer) => {
    const now = performance.now()
    freeAt = Math.max(freeAt, now) + chunk.length / bytesPerMs
    enqueue({ at: freeAt + oneWay, chunk })
    const waiting = (freeAt - now) * bytesPerMs - mostWaiting
    if (waiting <= 0) return
    from.pause()
    setTimeout(() => from.resume(), waiting / bytesPerMs)
  })
  from.on('end', () =>
    enqueue({ at: Math.max(freeAt, performance.now()) + oneWay, chunk: undefined }),
  )
  function enqueue(item: (typeof queue)[number]): void {
    queue.push(item)
    if (queue.length === 1) deliver()
  }
  function deliver(): void {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const wait = first.at - performance.now()
      if (wait >= 1) return void setTimeout(deliver, wait)
      if (first.chunk === undefined) to.end()
      else to.write(first.chunk)
      queue.shift()
    }
  }
}
