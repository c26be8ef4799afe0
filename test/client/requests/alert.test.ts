import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openClient } from '../../../src/client/requests.ts'
import { authorities, people, pin, right } from './servers.ts'

it('is told that a server of another make does not take its certificate', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'dynfarm-alert-'))
  writeFileSync(join(dir, 'key'), right.key)
  writeFileSync(join(dir, 'chain'), right.chain)
  writeFileSync(join(dir, 'ca'), authorities.admin.certificate)
  const identity = ['-key', 'key', '-cert', 'chain', '-cert_chain', 'chain']
  const strict = ['-Verify', '1', '-verify_return_error', '-CAfile', 'ca']
  const argv = ['s_server', '-accept', '127.0.0.1:0', '-tls1_3', '-www', ...identity, ...strict]
  const server = spawn('openssl', argv, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const url = `https://127.0.0.1:${await portOf(server.stdout)}`
    const client = openClient({ urls: [url], pins: [pin], credential: people.node })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'certificate-refused',
      exit: 77,
    })
    client.close()
  } finally {
    server.kill()
    await once(server, 'exit')
    rmSync(dir, { recursive: true })
  }
})

/** `ACCEPT 127.0.0.1:PORT` */
async function portOf(output: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += chunk
    const [, port] = /^ACCEPT .*:([0-9]+)$/m.exec(text) ?? []
    if (port !== undefined) return port
  }
  throw new Error('openssl did not listen')
}
