import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { provideImage } from './image.ts'
import { runMachine } from './machine.ts'
import { onceMore } from './once-more.ts'
import { cache, root } from './places.ts'
import { makeTree } from './tree.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(argv: readonly string[]): Promise<number> {
  const { timeoutSeconds, command } = readArguments(argv)
  if (command.length === 0 || !(timeoutSeconds > 0)) {
    console.error('usage: scripts/vm [--timeout SECONDS] COMMAND [ARGUMENT…]')
    return 64
  }
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-vm-'))
  try {
    const image = await provideImage(root, cache)
    const tree = makeTree(root, command, folder)
    const { stdout, stderr } = process
    const run = { image, tree, timeoutSeconds, stdout, stderr, signal: interruption() }
    return await onceMore(() => runMachine(run))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    console.error(`vm: ${error.message}`)
    return error.name === 'AbortError' ? 130 : 125
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Options end at the first word that is none: the rest is the command's own. */
function readArguments(argv: readonly string[]): {
  timeoutSeconds: number
  command: readonly string[]
} {
  const own = argv[0]?.startsWith('--timeout') ? (argv[0].includes('=') ? 1 : 2) : 0
  const { values } = parseArgs({
    args: argv.slice(0, own),
    options: { timeout: { type: 'string' } },
  })
  return { timeoutSeconds: Number(values.timeout ?? 600), command: argv.slice(own) }
}

function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort())
  return controller.signal
}
