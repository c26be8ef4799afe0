import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDisk } from './image.ts'

const parts = [
  ...['bin', 'src', 'test', 'configs', 'scripts', 'docs', 'dist/dynfarm', 'dist/bundle.sha256'],
  ...[
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'vitest.config.ts',
    'vitest.lab.config.ts',
  ],
]

/** A disk with what of the working tree is needed inside, and the command. */
export function makeTree(root: string, command: readonly string[], folder: string): string {
  const tree = join(folder, 'tree')
  for (const part of parts) {
    const from = join(root, part)
    if (existsSync(from)) cpSync(from, join(tree, part), { recursive: true })
  }
  for (const empty of ['.vm/upper', '.vm/work', 'node_modules'])
    mkdirSync(join(tree, empty), { recursive: true })
  writeFileSync(join(tree, '.vm/command'), command.map((word) => `${word}\0`).join(''))
  const disk = join(folder, 'tree.img')
  makeDisk(tree, { disk, label: 'tree', spareMB: 512 })
  return disk
}
