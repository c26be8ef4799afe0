import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { notify } from './notify.ts'
import { reloadOnSignal } from './reload.ts'
import { type ServeOptions, startServer } from './serve.ts'

interface DaemonOptions extends ServeOptions {
  /** Ends when the server is to end. */
  end: AbortSignal
  onHangup(listener: () => void): void
}

/** Where it listened. */
export interface Served {
  join: string
  admin: string
  socket: string
}

/** Serves until it is to end, and tells systemd of it where that started it. */
export async function serve({ end, onHangup, ...options }: DaemonOptions): Promise<Served> {
  const { log } = options
  keepSmall()
  const serving = await startServer(options)
  try {
    onHangup(() => {
      reloadOnSignal(serving.server).catch((error: Error) =>
        log.error(error.stack ?? error.message),
      )
    })
    log.info(
      `listens for machines at ${serving.join}, for administrators at ${serving.admin} and ${serving.socket}`,
    )
    await notify('READY=1', log)
    if (!end.aborted) await once(end, 'abort')
    log.info('ends')
    await notify('STOPPING=1', log)
  } finally {
    await serving.close()
  }
  const { join, admin, socket } = serving
  return { join, admin, socket }
}

/**
 * In a storm of joins V8 would let the space for new objects grow to 128 MB, and never take it back, and have as much
 * again of old ones pile up as are in use.
 */
function keepSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=20')
}
