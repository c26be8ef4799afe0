import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type RunRemote, remoteCommand } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { listTree, makeOddTree } from './support/trees.ts'

const farm = makeFarm()
let put: RunRemote
let get: RunRemote

beforeAll(async () => {
  const hosts = await Promise.all([1, 2, 3].map((n) => farm.start({ name: `aruba-${n}` })))
  const remote = remoteCommand(
    farm,
    hosts.map(({ target }) => ({ target })),
  )
  put = remote('put')
  get = remote('get')
})

/** An empty folder; all hosts of a test have the same files, so each test has its own. */
function folder(name: string): string {
  const path = join(farm.folder, name)
  mkdirSync(path, { recursive: true })
  return path
}

describe('a tree', () => {
  test('arrives as it is, and again is nothing to do', async () => {
    const source = makeOddTree(folder('odd/tree'))
    const target = folder('odd/there')
    expect(await put(['-w', 'aruba-1', source, target])).toMatchObject({ code: 0 })
    expect(listTree(join(target, 'tree'))).toEqual(listTree(source))
    const again = await put(['-w', 'aruba-1', '--json', source, target])
    expect(JSON.parse(again.stdout)).toMatchObject({ bytes: { sent: 0 } })
    const back = folder('odd/back')
    expect(await get(['-w', 'aruba-1', join(target, 'tree'), back])).toMatchObject({ code: 0 })
    expect(listTree(join(back, 'aruba-1', target, 'tree'))).toEqual(
      listTree(source).map((line) =>
        line.replace('"/setuid" 4711', '"/setuid" 711').replace('555', '755'),
      ),
    )
  })
})
