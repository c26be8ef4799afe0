import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/store.ts'
import { join } from './records.ts'

/**
 * A server as a process of its own, to be killed: joins as fast as it can with the tokens it is given, and
 * tells of each only what was acknowledged, in one write a line.
 *
 *   child.ts ADDRESS FOLDER NAME LANES JOINS TOKEN…
 */
const [database = '', folder = '', name = '', lanes = '1', joins = '1', ...tokens] =
  process.argv.slice(2)
const store = await openStore({ database, folder })
let count = 0

await Promise.all(Array.from({ length: Number(lanes) }, joinOnAndOn))
await store.close()

async function joinOnAndOn(): Promise<void> {
  while (count < Number(joins)) {
    const id = `${name}-${++count}`
    const token = tokens[count % tokens.length] ?? ''
    try {
      const slot = await store.write((tx) => join(tx, { id, token, count: 100_000 }))
      writeSync(1, `${id} ${slot}\n`)
    } catch (error) {
      writeSync(2, `${id}: ${error}\n`)
      process.exitCode = 1
    }
  }
}
