import { spawn } from 'node:child_process'
import { chownSync, globSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** A real server of its own, on a Unix socket in a temporary folder. */
export interface PostgresServer {
  url(database: string): string
  /** Runs SQL as its superuser. */
  execute(database: string, text: string): Promise<pg.QueryResult>
  stop(): Promise<void>
}

/** PostgreSQL refuses to run as root; nobody exists everywhere. */
const nobody = 65_534

/**
 * The server's life hangs on its standard input: when the test ends, however it ends, that is closed, and the
 * server and its folder are gone.
 */
const guard = `
  "$1/initdb" -D "$2/data" -U dynfarm -A trust -E UTF8 --no-locale --no-sync >/dev/null || exit 1
  "$1/postgres" -D "$2/data" -c listen_addresses= -c "unix_socket_directories=$2" </dev/null 2>"$2/log" &
  server=$!
  cat >/dev/null
  kill -QUIT $server
  wait $server
  rm -rf "$2"`

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-pg-'))
  const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const child = spawn('sh', ['-c', guard, 'sh', findPrograms(), folder], {
    ...owner,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = (database: string): string => `postgres://dynfarm@/${database}?host=${folder}`

  const execute = async (database: string, text: string): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: url(database) })
    client.on('error', () => {})
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }
  const stop = async (): Promise<void> => {
    child.stdin?.end()
    await ended
  }
  try {
    await waitFor(() => execute('postgres', 'select 1'))
  } catch (error) {
    await stop()
    throw error
  }
  return { url, execute, stop }
}

function findPrograms(): string {
  const [newest] = globSync('/usr/lib/postgresql/*/bin').sort().reverse()
  if (newest === undefined) throw new Error('these tests need the Debian package postgresql')
  return newest
}

async function waitFor(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await attempt()
      return
    } catch (error) {
      if (tries === 1000) throw error
      await sleep(100)
    }
  }
}
