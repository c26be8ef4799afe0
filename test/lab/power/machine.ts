import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { publicKeyHash } from '../../../src/pki/public-key.ts'
import { centre, writeCentre } from '../../server/test-server.ts'
import { type Image, provideImage } from '../vm/image.ts'
import { runMachine } from '../vm/machine.ts'
import { cache, root } from '../vm/places.ts'
import { makeTree } from '../vm/tree.ts'

/** A machine with a server on a disk of its own. Its power can fail at any instant; the disk has what was flushed. */
export interface PowerMachine {
  /** Until the power fails, some time after so many joins were told outside. */
  load(joins: number): Promise<Told>
  /** Only tells what is there. */
  check(): Promise<Told>
}

/** What left the machine. */
export interface Told {
  /** Before any machine joined in this boot: slots by id. */
  readonly known: ReadonlyMap<string, number>
  readonly joined: ReadonlyMap<string, number>
  /** How often the token of the machines was used. */
  readonly used: number
  /** What else it said. */
  readonly text: string
}

export type Syncs = 'full' | 'off'

interface Held {
  readonly image: Image
  readonly folder: string
  readonly disk: string
  readonly pin: string
  readonly syncs: Syncs
}

export async function makePowerMachine(syncs: Syncs): Promise<PowerMachine> {
  const image = await provideImage(root, cache)
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-power-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const disk = join(folder, 'kept.img')
  const held = { image, folder, disk, pin: await makeDisk(folder, disk), syncs }
  let token: string[] = []
  return {
    load: async (joins) => {
      const told = await boot(held, { words: ['load', ...token], joins })
      token = /^token (\S+)$/m.exec(told.text)?.slice(1) ?? token
      return told
    },
    check: () => boot(held, { words: ['check'] }),
  }
}

/** With the configuration of a centre on it. Gives what its machines pin. */
async function makeDisk(folder: string, disk: string): Promise<string> {
  const content = join(folder, 'kept')
  const aruba = { site: 'aruba', nodes: '10.200.128.0/17', tunnels: ['wg'], services: ['ce'] }
  const keys = await writeCentre(join(content, 'config'), {
    server: { ...centre.server, listen: '127.0.0.1:8443', admin: '127.0.0.1:8444' },
    sites: { aruba },
  })
  mkdirSync(join(content, 'state'))
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-L', 'kept', '-d', content, disk, '128M'])
  return publicKeyHash(keys.authorities.server.certificate).toString('hex')
}

interface Boot {
  readonly words: readonly string[]
  /** After which the power fails. */
  readonly joins?: number
}

async function boot({ image, folder, disk, pin, syncs }: Held, wanted: Boot): Promise<Told> {
  const power = new AbortController()
  const { stdout, text } = listen((joined) => {
    if (joined === wanted.joins) setTimeout(() => power.abort(), Math.random() * 1000)
  })
  const command = ['sh', '-euc', script, 'sh', syncs, '/kept', pin, ...wanted.words]
  const { signal } = power
  const tree = makeTree(root, command, mkdtempSync(join(folder, 'boot-')))
  const run = { image, tree, kept: disk, timeoutSeconds: 300, stdout, stderr: process.stderr }
  const code = await runMachine({ ...run, signal }).catch((error: Error) => {
    if (signal.aborted) return 'no power'
    throw error
  })
  if (code !== (wanted.joins === undefined ? 0 : 'no power'))
    throw new Error(`the machine ended with ${code}: ${text()}`)
  return parse(text())
}

/** Without syncs, by the one word of the source that asks for them. */
const script = `
  if [ "$1" = off ]; then
    sed -i 's/synchronous = full/synchronous = off/' src/store/sqlite.ts
    grep -q 'synchronous = off' src/store/sqlite.ts
  fi
  shift
  mkdir "$1"
  mount /dev/disk/by-label/kept "$1"
  exec node test/lab/power/guest.ts "$@"`

function listen(onJoined: (count: number) => void): { stdout: Writable; text(): string } {
  let text = ''
  let joined = 0
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk
      const count = text.match(/^joined .*\n/gm)?.length ?? 0
      while (joined < count) onJoined(++joined)
      done()
    },
  })
  return { stdout, text: () => text }
}

/** A line that was cut off was not told. */
function parse(text: string): Told {
  const slots = (word: string): Map<string, number> => {
    const lines = text.matchAll(new RegExp(`^${word} (\\S+) (\\d+)\n`, 'gm'))
    return new Map([...lines].map(([, id = '', slot]) => [id, Number(slot)]))
  }
  const used = Number(/^used (\d+) open\n/m.exec(text)?.[1] ?? 0)
  return { known: slots('known'), joined: slots('joined'), used, text }
}
