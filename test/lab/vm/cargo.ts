import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, makeOwnFolder, touch } from './cache.ts'
import { makeDisk } from './image.ts'

/** What one run brings along. */
export interface Cargo {
  argv: readonly string[]
  stdin: Uint8Array
  /** Ends each output; the command cannot know it. */
  mark: string
}

const leftBehind = ['.git', 'coverage', 'node_modules']

/** A disk with the command and the project, which lies at the same path inside as outside. */
export async function makeCargoDisk(folder: string, tree: string, cargo: Cargo): Promise<string> {
  const stage = join(folder, 'stage')
  copyTree(tree, join(stage, 'tree'))
  mkdirSync(join(stage, 'run'))
  const write = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(stage, 'run', name), content)
  write('argv', cargo.argv.map((argument) => `${argument}\0`).join(''))
  write('stdin', cargo.stdin)
  write('mark', cargo.mark)
  write('tree', tree)
  write('modules', realpathSync(join(tree, 'node_modules')))
  const disk = join(folder, 'cargo')
  await makeDisk(stage, disk)
  rmSync(stage, { recursive: true })
  return disk
}

/** A disk with the installed packages, kept until npm installs others. */
export async function findModulesDisk(tree: string): Promise<string> {
  const modules = realpathSync(join(tree, 'node_modules'))
  const key = modulesKey(modules)
  const path = join(cacheFolder('modules'), key)
  if (touch(path)) return path
  const own = makeOwnFolder('modules', key)
  await makeDisk(modules, join(own, 'disk'))
  renameSync(join(own, 'disk'), path)
  rmSync(own, { recursive: true })
  return path
}

function copyTree(tree: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(tree).filter((each) => !leftBehind.includes(each)))
    cpSync(join(tree, name), join(to, name), { recursive: true, verbatimSymlinks: true })
  const modules = join(tree, 'node_modules')
  if (lstatSync(modules).isSymbolicLink())
    symlinkSync(readlinkSync(modules), join(to, 'node_modules'))
}

/** npm writes this file whenever it changes anything beside it. */
function modulesKey(modules: string): string {
  const lock = join(modules, '.package-lock.json')
  const hash = createHash('sha256').update(modules)
  if (existsSync(lock)) hash.update(`${statSync(lock).mtimeMs}`).update(readFileSync(lock))
  return hash.digest('hex').slice(0, 16)
}
