/**
 * What the sshds need when nothing but ssh2 drives them: connect, run, close. Arguments: key, port, width, command,
 * addresses.
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import ssh2 from 'ssh2'

const [path = '', port = '', width = '', command = '', ...addresses] = process.argv.slice(2)
const privateKey = readFileSync(path)

function visit(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client()
    client.on('error', reject).on('close', () => resolve())
    client.on('ready', () =>
      client.exec(command, {}, (error, channel) => {
        if (error) return reject(error)
        channel.resume()
        channel.stderr.resume()
        channel.on('close', () => client.end())
      }),
    )
    const sock = connect({ host, port: Number(port), noDelay: true })
    sock.on('error', reject)
    client.connect({
      ...{ sock, username: 'root', privateKey, authHandler: ['publickey'] },
      ...{ hostVerifier: () => true, algorithms: { serverHostKey: ['ssh-ed25519'] } },
    })
  })
}

async function worker(): Promise<void> {
  for (let next = addresses.shift(); next !== undefined; next = addresses.shift()) await visit(next)
}
await Promise.all(Array.from({ length: Number(width) }, worker))
