import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'

const names = [
  'plain',
  ' spaces ',
  'new\nline',
  'trailing\n',
  'quote\'"`$x',
  'back\\slash',
  '-dash',
  '*',
  '.dot',
  '..dots',
  '#',
  'tab\t',
  'cr\r',
  'ümläut',
  'x'.repeat(255),
]

/** Files with names and modes of every kind, and what else there is beside files. */
export function makeOddTree(path: string): string {
  for (const [at, name] of names.entries()) {
    writeFileSync(`${path}/${name}`, `content ${at}\n`)
    chmodSync(`${path}/${name}`, at % 2 === 0 ? 0o640 : 0o755)
  }
  writeFileSync(bytes(path, '/\xff\xfe\x81\x88'), 'not UTF-8')
  writeFileSync(`${path}/empty`, '')
  writeFileSync(`${path}/large`, Buffer.alloc(5 * 2 ** 20, 'large'))
  mkdirSync(`${path}/folder/with\nline/ deep `, { recursive: true })
  writeFileSync(`${path}/folder/with\nline/ deep /file`, 'deep')
  writeFileSync(`${path}/folder/with\nline/large\n`, Buffer.alloc(4 * 2 ** 20 + 1, 'odd'))
  mkdirSync(`${path}/empty folder`, { mode: 0o711 })
  mkdirSync(bytes(path, '/\xc3(folder'))
  writeFileSync(bytes(path, '/\xc3(folder/in'), 'in')
  symlinkSync('../nowhere', `${path}/dangling`)
  symlinkSync('/etc/passwd', `${path}/absolute`)
  symlinkSync('folder', `${path}/to folder`)
  symlinkSync(bytes('', '\xff\nodd'), `${path}/odd link`)
  writeFileSync(`${path}/setuid`, 'x')
  chmodSync(`${path}/setuid`, 0o4711)
  utimesSync(`${path}/plain`, 1, 1_000_000_007)
  chmodSync(`${path}/folder`, 0o555)
  utimesSync(`${path}/folder`, 1, 1_100_000_000)
  return path
}

function bytes(path: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(path), Buffer.from(name, 'latin1')])
}

/** Everything below a folder, with what is to be the same. */
export function listTree(path: string): string[] {
  return list(Buffer.from(path), '').sort()
}

function list(path: Buffer, below: string): string[] {
  const facts = lstatSync(path)
  const head = `${JSON.stringify(below)} ${(facts.mode & 0o7777).toString(8)}`
  if (facts.isSymbolicLink())
    return [`${JSON.stringify(below)} -> ${readlinkSync(path, { encoding: 'latin1' })}`]
  const time = Math.floor(facts.mtimeMs / 1000)
  if (!facts.isDirectory()) return [`${head} ${time} ${hash(path)}`]
  const inside = readdirSync(path, { encoding: 'buffer' }).flatMap((name) =>
    list(Buffer.concat([path, Buffer.from('/'), name]), `${below}/${name.toString('latin1')}`),
  )
  return [`${head} ${time}`, ...inside]
}

function hash(path: Buffer): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)
}
