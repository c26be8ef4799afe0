import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Image } from '../vm/image.ts'
import { runMachine } from '../vm/machine.ts'
import { MachineCrashed } from '../vm/once-more.ts'
import { root } from '../vm/places.ts'
import { makeTree } from '../vm/tree.ts'

export interface Boot {
  image: Image
  folder: string
  /** They are mounted as /kept/0 and on. */
  disks: readonly string[]
  words: readonly string[]
  /** With each piece of what it tells; without it the machine ends by itself. */
  heard?: (running: Running) => void
}

export interface Running {
  pid: number
  text: string
  /** Some time within the next second. */
  fail(): void
}

/** All that the machine told until it ended, or until its power failed. */
export async function boot({ image, folder, disks, words, heard }: Boot): Promise<string> {
  const power = new AbortController()
  const fail = () => void setTimeout(() => power.abort(), Math.random() * 1000)
  let [text, pid] = ['', 0]
  const stdout = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk
      heard?.({ pid, text, fail })
      done()
    },
  })
  const tree = makeTree(
    root,
    ['sh', '-euc', script, 'sh', ...words],
    mkdtempSync(join(folder, 'boot-')),
  )
  const { signal } = power
  const started = (of: number) => {
    pid = of
  }
  const run = { image, tree, kept: disks, timeoutSeconds: 600, stdout, stderr: process.stderr }
  const code = await runMachine({ ...run, signal, started }).catch((error: Error) => {
    if (signal.aborted) return 'no power'
    throw error
  })
  if (code === CRASHED) throw new MachineCrashed('a program crashed in the emulated machine')
  if (code !== (heard === undefined ? 0 : 'no power'))
    throw new Error(`the machine ended with ${code}: ${text}`)
  return text
}

/** By SIGSEGV, as Node does now and then where several processors are emulated. */
const CRASHED = 128 + 11

/** `off` is without syncs, by the one word of the source that asks for them. */
const script = `
  task=$1 pin=$2
  shift 2
  at=0
  for disk in /dev/vd[d-z]; do
    mkdir -p /kept/$at
    mount $disk /kept/$at
    at=$((at + 1))
  done
  if [ "$task" = check ]; then
    at=0
    for store; do
      echo $pin check $store /kept/$at
      at=$((at + 1))
    done | node test/lab/power/guest.ts
    exit
  fi
  mkdir off
  cp -r src test package.json off
  sed -i 's/synchronous = full/synchronous = off/' off/src/store/sqlite.ts
  grep -q 'synchronous = off' off/src/store/sqlite.ts
  echo $pin $2 off /kept/1 | node off/test/lab/power/guest.ts &
  echo $pin $1 full /kept/0 | exec node test/lab/power/guest.ts`
