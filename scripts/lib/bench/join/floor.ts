import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fastify from 'fastify'
import { checkCsr, createKey } from '../../../../src/pki/csr.ts'
import { issueCertificate, openAuthority } from '../../../../src/pki/issue.ts'
import { publicKeyOf } from '../../../../src/pki/public-key.ts'
import type { AnswerOf, RequestOf } from '../../../../src/protocol/endpoints.ts'

/**
 * The least that answers a join: Fastify's HTTPS, a certificate by the project's own code, one row in SQLite at FULL. It
 * checks nothing but the request for a certificate, and else repeats an answer of the real server.
 *
 *   floor.ts CONFIG DATABASE ANSWER
 */
const [configDir = '', databasePath = '', answerPath = ''] = process.argv.slice(2)
type Answer = AnswerOf<'join'>
const answer = JSON.parse(readFileSync(answerPath, 'utf8')) as Answer & {
  node: NonNullable<Answer['node']>
}
const dayMs = 24 * 3600 * 1000

const nodes = await authority('node')
const insert = openDatabase().prepare('insert into nodes (name, request) values (?, ?)')
const app = fastify({ https: { ...(await identity()), minVersion: 'TLSv1.3' } })
let count = 0
app.post<{ Body: RequestOf<'join'> }>('/v1/join', async ({ body }) => {
  const name = `${answer.node.site}-${++count}`
  const { certificate } = await issueCertificate(nodes, {
    role: 'node',
    name,
    site: answer.node.site,
    publicKey: keyIn(body.keys.csr),
    now: new Date(),
    lifeMs: 365 * dayMs,
  })
  insert.run(name, JSON.stringify(body))
  return { ...answer, time: Date.now(), certificate, node: { ...answer.node, name } }
})
process.on('SIGTERM', () => process.exit())
process.stderr.write(`listens at ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`)

function openDatabase(): DatabaseSync {
  const database = new DatabaseSync(databasePath)
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('create table nodes (name text primary key, request text not null) strict')
  return database
}

function keyIn(csr: string): Buffer {
  const checked = checkCsr(Buffer.from(csr, 'base64'))
  if ('refused' in checked) throw new Error(checked.refused)
  return checked.value
}

function read(name: string): string {
  return readFileSync(join(configDir, 'keys', name), 'utf8')
}

function authority(role: 'server' | 'node') {
  return openAuthority({ role, certificate: read(`${role}-ca.crt`), key: read(`${role}-ca.key`) })
}

async function identity(): Promise<{ cert: string; key: string }> {
  const key = await createKey()
  const { certificate } = await issueCertificate(await authority('server'), {
    role: 'server',
    name: 'floor',
    publicKey: publicKeyOf(key),
    now: new Date(),
    lifeMs: dayMs,
    urls: ['https://127.0.0.1'],
  })
  return { cert: certificate + read('server-ca.crt'), key }
}
