import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { openStore, type Store } from '../../src/store/store.ts'
import { insertNodes, join, makeNode, makeToken } from './records.ts'

/**
 * By hand: joins a second with so many writers at the same time, and what reads take with 10,000 nodes.
 *
 *   node test/store/bench.ts [sqlite | postgres://…]
 */
const database = process.argv[2] ?? 'sqlite'
const folder = mkdtempSync(joinPath(tmpdir(), 'dynfarm-bench-'))
try {
  const store = await openStore({ database, folder })
  await store.write((tx) => tx.tokens.insert(makeToken({ uses: 1_000_000 })))
  for (const writers of [1, 16, 256]) await measureJoins(store, writers)
  await fill(store, 10_000)
  await measureReads(store)
  await measureJoins(store, 256)
  await store.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measureJoins(store: Store, writers: number): Promise<void> {
  const end = performance.now() + 3000
  let count = 0
  const write = async (_: unknown, writer: number): Promise<void> => {
    while (performance.now() < end) {
      const id = `${writers}-${writer}-${count++}-${Math.random()}`
      await store.write((tx) => join(tx, { id, count: 100_000 }))
    }
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: writers }, write))
  const seconds = (performance.now() - begin) / 1000
  console.log(`${writers} writers: ${Math.round(count / seconds)} joins a second`)
}

async function fill(store: Store, total: number): Promise<void> {
  const facts = { text: 'x'.repeat(1500) }
  const { length } = await store.read((reads) => reads.nodes.list())
  for (let index = length; index < total; index += 500)
    await store.write(async (tx) => {
      for (let more = index; more < Math.min(index + 500, total); more++)
        await tx.nodes.insert(makeNode({ id: `f${more}`, site: 'big', slot: more + 1, facts }))
    })
}

async function measureReads(store: Store): Promise<void> {
  const { position } = await store.read((reads) => reads.feed.since())
  await insertNodes(store, { id: 'last', site: 'new' })
  const take = async (name: string, work: () => Promise<number>): Promise<void> => {
    const times = []
    let count = 0
    for (let index = 0; index < 10; index++) {
      const begin = performance.now()
      count = await work()
      times.push(performance.now() - begin)
    }
    const [best = 0, , , , , median = 0] = times.sort((a, b) => a - b)
    console.log(`${name}: ${count} in ${median.toFixed(1)} ms, best ${best.toFixed(1)}`)
  }
  await take('list', async () => (await store.read((reads) => reads.nodes.list())).length)
  const delta = () => store.read((reads) => reads.feed.since(position))
  await take('delta', async () => (await delta()).nodes.length)
  await take('snapshot', async () => (await store.read((reads) => reads.feed.since())).nodes.length)
}
