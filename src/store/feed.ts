import type { Feed, FeedNode, HostRecord, Position } from '../protocol/records.ts'
import { readPosition, type Standing, standingOf } from './lineage.ts'
import { only, type Query, type Sql, sql } from './sql.ts'
import { feedTable, hostTable } from './tables.ts'

export function feedReads(connection: Sql) {
  return {
    position: (): Promise<Position> => readPosition(connection),
    /** `never-given`: who holds this position got it from a store whose later history this one lost. */
    standing: (position: Position): Promise<Standing> => standingOf(connection, position),
    /** What changed since then; all that lives, for who has nothing or is too far behind. */
    since: async (position?: Position): Promise<Feed> => {
      const now = await readPosition(connection)
      return position !== undefined && (await canFollow(connection, position))
        ? { kind: 'delta', position: now, ...(await changedSince(connection, position)) }
        : { kind: 'snapshot', position: now, ...(await allThatLives(connection)) }
    },
  }
}

type Contents = Pick<Feed, 'nodes' | 'hosts'>

async function canFollow(connection: Sql, position: Position): Promise<boolean> {
  if ((await standingOf(connection, position)) !== 'known') return false
  const floor = (await only(connection, sql`select feed_floor from meta`))['feed_floor']
  return position.generation >= Number(floor)
}

async function changedSince(connection: Sql, { generation }: Position): Promise<Contents> {
  const later = sql`where generation > ${generation} order by generation, id`
  return contents(connection, later, later)
}

async function allThatLives(connection: Sql): Promise<Contents> {
  const order = sql`order by generation, id`
  return contents(
    connection,
    sql`where freed is null ${order}`,
    sql`where revoked is null ${order}`,
  )
}

async function contents(connection: Sql, ofNodes: Query, ofHosts: Query): Promise<Contents> {
  const nodes = await connection.all(sql`select ${feedTable.columns} from nodes ${ofNodes}`)
  const hosts = await connection.all(sql`select ${hostTable.columns} from hosts ${ofHosts}`)
  return {
    nodes: nodes.map((row): FeedNode => feedTable.decode(row)),
    hosts: hosts.map((row): HostRecord => hostTable.decode(row)),
  }
}
