import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runOutside } from '../lib/outside.ts'
import { cacheFolder, isBeingMade, makeOwnFolder, touch } from './cache.ts'
import { earlyFiles, guestFiles, masked, packages, release } from './recipe.ts'

export interface Image {
  kernel: string
  initrd: string
  disk: string
}

/** The machine's image, built when there is none of this recipe yet; one process builds, others wait. */
export async function findImage(tell: (what: string) => void): Promise<Image> {
  const key = imageKey()
  const path = join(cacheFolder('images'), key)
  for (let told = false; !touch(path) && isBeingMade('images', key); told = true) {
    if (!told) tell('another process builds the image; waiting for it')
    await pause(500)
  }
  if (!touch(path)) {
    tell('building the image, once; this takes a minute')
    await build(key, path)
  }
  const file = (name: string) => join(path, name)
  return { kernel: file('vmlinuz'), initrd: file('initrd'), disk: file('disk') }
}

async function build(key: string, path: string): Promise<void> {
  const own = makeOwnFolder('images', key)
  const root = join(own, 'root')
  try {
    await bootstrap(root)
    addGuestFiles(root)
    copyFileSync(only(join(root, 'boot/vmlinuz-*')), join(own, 'vmlinuz'))
    copyFileSync(only(join(root, 'boot/initrd.img-*')), join(own, 'initrd'))
    await makeDisk(root, join(own, 'disk'))
    rmSync(root, { recursive: true })
    if (!existsSync(path)) renameSync(own, path)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

async function bootstrap(root: string): Promise<void> {
  const sources = await ownSources()
  const from = sources === '' ? [] : ['-']
  await runOutside(
    [
      ...['mmdebstrap', '--quiet', '--variant=minbase', `--include=${packages.join(',')}`],
      ...earlyFiles.map(([path, text]) => `--essential-hook=${putFile(path, text)}`),
      ...[release, root, ...from],
    ],
    sources,
  )
}

/** A hook of mmdebstrap, which is a line of shell; neither path nor text of a recipe needs more quoting. */
function putFile(path: string, text: string): string {
  return `mkdir -p "$1${dirname(path)}" && printf '%s' '${text}' >"$1${path}"`
}

/** Where this machine gets Debian itself from; nothing when it gets another release. */
async function ownSources(): Promise<string> {
  const format = 'deb $(REPO_URI) $(RELEASE) main'
  const wanted = ['Created-By: Packages', 'Origin: Debian', 'Component: main']
  const lines = await runOutside(['apt-get', 'indextargets', '--format', format, ...wanted])
  return lines.replace(/^.*\n/gm, (line) => (line.includes(` ${release}`) ? line : ''))
}

function addGuestFiles(root: string): void {
  for (const [name, path] of Object.entries(guestFiles)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    copyFileSync(join(guestFolder, name), join(root, path))
    chmodSync(join(root, path), name.endsWith('.service') ? 0o644 : 0o755)
  }
  const units = join(root, 'etc/systemd/system')
  symlinkSync('../dynfarm-vm.service', join(units, 'multi-user.target.wants/dynfarm-vm.service'))
  for (const unit of masked) {
    rmSync(join(units, unit), { force: true })
    symlinkSync('/dev/null', join(units, unit))
  }
  rmSync(join(root, 'etc/machine-id'), { force: true })
}

/** An ext4 image of a folder, sparse, without mounting anything. */
export async function makeDisk(folder: string, disk: string): Promise<void> {
  const options = ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', folder]
  await runOutside(['mke2fs', ...options, disk, '4G'])
}

/** Everything that decides what the image is like. */
function imageKey(): string {
  const own = ['image.ts', 'recipe.ts'].map((name) => join(import.meta.dirname, name))
  const guests = Object.keys(guestFiles).map((name) => join(guestFolder, name))
  const hash = createHash('sha256')
  for (const file of [...own, ...guests]) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

function only(pattern: string): string {
  const [found, ...more] = globSync(pattern)
  if (found === undefined || more.length > 0) throw new Error(`not one file "${pattern}"`)
  return found
}

const guestFolder = join(import.meta.dirname, 'guest')
