import { folderOf, isPlain, lineOf, type Name } from './names.ts'
import type { Placed } from './plan-put.ts'
import { type TarMember, tarEnd, tarHeader, tarPadding } from './tar-write.ts'

/** The bytes of a file, or what stands for them. */
export type Content<T> = (placed: Placed) => AsyncIterable<Buffer | T>

/** What the far side's script for trees reads: what belongs where and with which hash, then all of it. */
export async function* archiveOf<T = never>(
  tree: readonly Placed[],
  staging: Name,
  contentOf: Content<T>,
): AsyncGenerator<Buffer | T> {
  const folders = tree.filter(({ entry }) => entry.type === 'folder')
  const others = tree.filter(({ entry }) => entry.type !== 'folder')
  const homes = [...new Set(others.map(({ path }) => folderOf(path)))]
  yield Buffer.concat(listing(others, homes, staging))
  for (const { path, entry } of folders)
    yield folder(path, { mode: entry.mode | 0o700, mtime: entry.mtime })
  for (const home of homes) yield folder(`${home}/${staging}`, { mode: 0o700, mtime: 0 })
  for (const placed of others) yield* member(placed, staging, contentOf)
  yield tarEnd
}

/** Where the new file is until it is moved into its folder. */
function staged(path: Name, staging: Name): Name {
  return `${folderOf(path)}/${staging}/${path.slice(path.lastIndexOf('/') + 1)}`
}

function listing(others: readonly Placed[], homes: readonly Name[], staging: Name): Buffer[] {
  const list = `./${staging}.list`
  const files = others
    .filter(({ entry }) => entry.type === 'file')
    .map(({ entry, path }) => ({ hash: entry.hash, path: staged(path, staging) }))
  const plain = files.filter(({ path }) => isPlain(path))
  const odd = files.filter(({ path }) => !isPlain(path))
  return [
    folder(list, { mode: 0o700, mtime: 0 }),
    ...text(`${list}/folders`, homes.map(lineOf)),
    ...text(
      `${list}/plain`,
      plain.map(({ hash, path }) => `${hash}  ${path}`),
    ),
    ...text(
      `${list}/odd`,
      odd.map(({ hash, path }) => `${hash} ${lineOf(path)}`),
    ),
  ]
}

function text(name: Name, lines: readonly string[]): Buffer[] {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1')
  const header = tarHeader({ name, type: 'file', mode: 0o600, mtime: 0, size: bytes.length })
  return [header, bytes, tarPadding(bytes.length)]
}

function folder(name: Name, facts: Pick<TarMember, 'mode' | 'mtime'>): Buffer {
  return tarHeader({ ...facts, name: `${name}/`, type: 'folder', size: 0 })
}

async function* member<T>(
  placed: Placed,
  staging: Name,
  contentOf: Content<T>,
): AsyncGenerator<Buffer | T> {
  const { entry, path } = placed
  const { mode, mtime, size, target } = entry
  const type = entry.type === 'link' ? 'link' : 'file'
  yield tarHeader({ name: staged(path, staging), type, mode, mtime, size, target })
  if (type === 'link' || size === 0) return
  yield* contentOf(placed)
  yield tarPadding(size)
}
