import type { Duplex } from 'node:stream'

/**
 * ssh2 writes a packet in three pieces, and each would be a call of the kernel and a packet on the line by itself. What
 * is written in one turn goes together.
 */
export function writeTogether(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean
  let isHeld = false
  const release = () => {
    isHeld = false
    socket.uncork()
  }
  socket.write = (...given: unknown[]) => {
    if (!isHeld) {
      isHeld = true
      socket.cork()
      process.nextTick(release)
    }
    return write(...given)
  }
}
