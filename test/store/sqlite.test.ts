import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { sqliteDatabase } from './databases.ts'
import { modelSuite } from './model-suite.ts'
import { insertNodes, makeToken } from './records.ts'
import { storeSuite } from './suite.ts'

storeSuite('sqlite', sqliteDatabase)
modelSuite('sqlite', sqliteDatabase, 100)

describe('sqlite', () => {
  let folder: string
  const stores: Store[] = []
  const open = async (): Promise<Store> => {
    const store = await openStore({ database: 'sqlite', folder })
    stores.push(store)
    return store
  }
  const file = (name: string): string => joinPath(folder, name)

  beforeEach(() => {
    folder = mkdtempSync(joinPath(tmpdir(), 'dynfarm-sqlite-'))
  })
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const query = (text: string): Record<string, unknown>[] => {
    const database = new DatabaseSync(file('store.db'))
    try {
      return database.prepare(text).all()
    } finally {
      database.close()
    }
  }

  test('its files are for their owner alone, whatever the umask is', async () => {
    const before = process.umask(0)
    const store = await open()
    await insertNodes(store, { id: 'n1' })
    process.umask(before)
    const modes = readdirSync(folder).map((name) => [
      name,
      (statSync(file(name)).mode & 0o777).toString(8),
    ])
    expect(modes).toEqual([
      ['store.db', '600'],
      ['store.db-shm', '600'],
      ['store.db-wal', '600'],
      ['store.mark', '600'],
    ])
  })

  test('writes that wait at the same time share a commit, a bounded number of them', async () => {
    const store = await open()
    const commits = () => Number(query('select commits from meta')[0]?.['commits'])
    const before = commits()
    const uses = Array.from({ length: 300 }, () => store.write((tx) => tx.tokens.countUse('none')))
    await Promise.all(uses)
    expect(commits() - before).toBe(5)
  })

  test('a transaction that waits for something else is refused, and holds up nobody', async () => {
    const store = await open()
    const waits = store.write(async (tx) => {
      await tx.tokens.insert(makeToken())
      await nextTurn()
      await nextTurn()
      await tx.tokens.insert(makeToken({ id: 't2' }))
    })
    const other = store.write((tx) => tx.tokens.insert(makeToken({ id: 't3' })))
    await expect(waits).rejects.toThrow('waits for something other than its own statements')
    await other
    const tokens = await store.read((reads) => reads.tokens.list())
    expect(tokens.map(({ id }) => id)).toEqual(['t3'])
    const read = store.read(async () => await nextTurn())
    await expect(read).rejects.toThrow('waits for something other')
    expect(await store.read((reads) => reads.tokens.list())).toHaveLength(1)
  })

  test('a backup from the middle of a run is known by the count of commits', async () => {
    const first = await open()
    await first.write((tx) => tx.tokens.insert(makeToken()))
    query(`vacuum into '${file('backup')}'`)
    await first.write((tx) => tx.tokens.revoke('t1', 5))
    await first.close()
    copyFileSync(file('backup'), file('store.db'))
    const second = await open()
    expect(second.opened.restored).toBe('the store is older than the mark beside it')
  })

  test('a store from elsewhere is known, a mark that says nothing is passed over', async () => {
    await (await open()).close()
    const mark = readFileSync(file('store.mark'), 'utf8')
    writeFileSync(
      file('store.mark'),
      mark.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    )
    const second = await open()
    expect(second.opened.restored).toBe('the mark beside the store is from another history')
    await second.close()
    for (const nonsense of ['', 'nonsense', `${'f'.repeat(200)}`]) {
      writeFileSync(file('store.mark'), nonsense)
      const store = await open()
      expect(store.opened.restored).toBeUndefined()
      await store.close()
    }
  })

  test('a store that vanished is a new one', async () => {
    await (await open()).close()
    rmSync(file('store.db'))
    expect((await open()).opened).toEqual({ created: true, restored: undefined })
  })

  test('what is not a database, or not a whole one, is called damaged', async () => {
    writeFileSync(file('store.db'), 'not a database, but long enough to be looked at '.repeat(50))
    await expect(open()).rejects.toMatchObject({ code: 'store-damaged' })
    rmSync(file('store.db'))
    const store = await open()
    await insertNodes(store, { id: 'n1' })
    await store.close()
    const bytes = readFileSync(file('store.db'))
    writeFileSync(file('store.db'), Buffer.concat([bytes.subarray(0, 100), bytes.subarray(4196)]))
    await expect(open()).rejects.toMatchObject({ code: 'store-damaged' })
  })

  test('a folder that is not there, or a folder in its place, is told', async () => {
    const missing = openStore({ database: 'sqlite', folder: file('missing') })
    await expect(missing).rejects.toMatchObject({ code: 'store-unavailable' })
    const odd = openStore({ database: 'sqlite', folder: '/proc' })
    await expect(odd).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  test('a process that holds the database is waited for', async () => {
    const store = await open()
    const other = new DatabaseSync(file('store.db'))
    other.exec('begin immediate')
    const writing = store.write((tx) => tx.tokens.insert(makeToken()))
    setTimeout(() => other.exec('commit'), 300)
    await writing
    other.close()
    expect(await store.read((reads) => reads.tokens.list())).toHaveLength(1)
  })
})
