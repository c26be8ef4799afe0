import type { ReleaseRecord } from '../protocol/records.ts'
import { first, type Sql, sql } from './sql.ts'
import { releaseTable } from './tables.ts'

const select = sql`select ${releaseTable.columns} from releases`

export function releaseReads(connection: Sql) {
  return {
    byVersion: async (version: string, platform: string): Promise<ReleaseRecord | undefined> => {
      const row = await first(
        connection,
        sql`${select} where version = ${version} and platform = ${platform}`,
      )
      return row && releaseTable.decode(row)
    },
    list: async (): Promise<ReleaseRecord[]> =>
      (await connection.all(sql`${select} order by created, version, platform`)).map(
        releaseTable.decode,
      ),
  }
}

export function releaseWrites(connection: Sql) {
  return {
    insert: async (release: ReleaseRecord): Promise<void> => {
      await connection.run(releaseTable.insert(release))
    },
    /** Another manifest for the same executable. */
    renew: async ({
      version,
      platform,
      manifest,
      signature,
    }: Omit<ReleaseRecord, 'hash' | 'size' | 'created' | 'createdBy'>): Promise<void> => {
      await connection.run(sql`
        update releases set manifest = ${manifest}, signature = ${signature}
        where version = ${version} and platform = ${platform}`)
    },
  }
}
