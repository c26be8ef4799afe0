import { openClient } from '../../../src/client/requests.ts'

/** A process of its own: what its environment says is to have no say. */
const [url = '', pin = ''] = process.argv.slice(2)
const client = openClient({ urls: [url], pins: [pin] })
const said = await client.request('healthz', {}).then(
  () => 'answered',
  (error) => error.code,
)
process.stdout.write(`${said}\n`)
