import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { postgresDatabase } from '../../store/databases.ts'
import type { PostgresServer } from '../../store/postgres-server.ts'
import type { TestServer } from '../test-server.ts'

/** Where a test's servers keep their store, and how it is saved and restored while none of them runs. */
export interface ServerDatabase {
  /** For centre.yaml. */
  readonly database: string
  backup(server: TestServer): Promise<void>
  restore(server: TestServer): Promise<void>
}

export async function sqliteStore(): Promise<ServerDatabase> {
  const file = ({ stateDir }: TestServer) => join(stateDir, 'server', 'store.db')
  return {
    database: 'sqlite',
    backup: async (server) => copyFileSync(file(server), `${file(server)}.backup`),
    restore: async (server) => copyFileSync(`${file(server)}.backup`, file(server)),
  }
}

export async function postgresStore(postgres: PostgresServer): Promise<ServerDatabase> {
  const database = await postgresDatabase(postgres)
  onTestFinished(() => database.remove())
  const address = database.address.replace('@/', '@localhost/')
  return { database: address, backup: database.backup, restore: database.restore }
}
