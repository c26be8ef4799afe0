import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore, type Store } from '../../src/store/store.ts'
import type { PostgresServer } from './postgres-server.ts'

/** An empty database, of either engine, as tests want to handle it from outside. */
export interface TestDatabase {
  readonly address: string
  /** The folder of its first server. */
  readonly folder: string
  /** Opens it, as the first server or as another one with a folder of its own. */
  open(folder?: string): Promise<Store>
  otherFolder(): string
  /** Does something to it behind the store's back. */
  execute(text: string): Promise<unknown[]>
  /** While no store is open. */
  backup(): Promise<void>
  restore(): Promise<void>
  remove(): Promise<void>
}

function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'dynfarm-store-'))
}

function makeFolders() {
  const stores: Store[] = []
  const folders = [makeFolder()]
  return {
    first: folders[0] ?? '',
    other: () => {
      const folder = makeFolder()
      folders.push(folder)
      return folder
    },
    opened: (store: Store) => {
      stores.push(store)
      return store
    },
    remove: async () => {
      try {
        for (const store of stores) await store.close()
      } finally {
        for (const folder of folders) rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export async function sqliteDatabase(): Promise<TestDatabase> {
  const folders = makeFolders()
  const file = join(folders.first, 'store.db')
  return {
    address: 'sqlite',
    folder: folders.first,
    open: async () =>
      folders.opened(await openStore({ database: 'sqlite', folder: folders.first })),
    otherFolder: () => {
      throw new Error('an SQLite store has one server')
    },
    execute: async (text) => {
      const database = new DatabaseSync(file)
      try {
        return database.prepare(text).all()
      } finally {
        database.close()
      }
    },
    backup: async () => copyFileSync(file, `${file}.backup`),
    restore: async () => copyFileSync(`${file}.backup`, file),
    remove: folders.remove,
  }
}

let databases = 0

export async function postgresDatabase(server: PostgresServer): Promise<TestDatabase> {
  const folders = makeFolders()
  databases += 1
  const name = `store${databases}`
  const address = server.url(name)
  await server.execute('postgres', `create database ${name}`)
  return {
    address,
    folder: folders.first,
    open: async (folder = folders.first) =>
      folders.opened(await openStore({ database: address, folder })),
    otherFolder: folders.other,
    execute: async (text) => (await server.execute(name, text)).rows,
    backup: async () => {
      await server.execute('postgres', `create database ${name}_backup template ${name}`)
    },
    restore: async () => {
      await server.execute('postgres', `drop database ${name}`)
      await server.execute('postgres', `alter database ${name}_backup rename to ${name}`)
    },
    remove: async () => {
      await folders.remove()
      await server.execute('postgres', `drop database ${name} with (force)`)
    },
  }
}
