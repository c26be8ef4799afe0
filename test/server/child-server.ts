import { makeLog } from '../../src/log.ts'
import { startServer } from '../../src/server/serve.ts'

/**
 * A server as a process of its own, to be killed; it says where machines join, and ends with its standard input.
 *
 *   child-server.ts CONFIG STATE RUN
 */
const [configDir = '', stateDir = '', runDir = ''] = process.argv.slice(2)
const { stdout, stderr } = process
const serving = await startServer({
  configDir,
  stateDir,
  runDir,
  log: makeLog({ stdout, stderr, env: {} }),
  at: { listen: '127.0.0.1:0', admin: '127.0.0.1:0' },
})
process.stdin.on('end', () => process.exit()).resume()
stdout.write(`${serving.join}\n`)
