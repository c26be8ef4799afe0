import type { Machine } from '../apply/machine.ts'

export interface Observed {
  /** Whatever there is, links that lead nowhere included. */
  all: ReadonlySet<string>
  /** Folders, and links to folders. */
  folders: ReadonlySet<string>
}

/** What stands at these paths already. */
export async function observePaths(machine: Machine, paths: readonly string[]): Promise<Observed> {
  const itself = parseKinds(await stat(machine, ['--', ...paths]))
  const followed = parseKinds(await stat(machine, ['-L', '--', ...paths]))
  return {
    all: new Set(itself.map(([path]) => path)),
    folders: new Set(followed.filter(([, kind]) => kind === 'directory').map(([path]) => path)),
  }
}

/** stat fails when a path is missing, and still tells of the others. */
async function stat(machine: Machine, args: readonly string[]): Promise<string> {
  return (await machine.run({ argv: ['stat', '--printf=%n\\0%F\\0', ...args] })).stdout
}

function parseKinds(output: string): [path: string, kind: string][] {
  return [...output.matchAll(/([^\0]+)\0([^\0]+)\0/g)].map(([, path = '', kind = '']) => [
    path,
    kind,
  ])
}

export async function isWritable(machine: Machine, folder: string): Promise<boolean> {
  return (await machine.run({ argv: ['test', '-w', folder] })).code === 0
}
