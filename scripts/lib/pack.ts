import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import packSea from '@yao-pkg/pkg/lib-es5/sea.js'
import { buildSync } from 'esbuild'

const seaConfig = {
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  useCodeCache: true,
  // A service of root's must not run what an environment variable names.
  execArgvExtension: 'none',
  // Megabytes: most commands are over before they have to collect what they made.
  execArgv: ['--min-semi-space-size=16'],
}

/** Makes one executable of a main file and its assets, with pkg around the Node that runs this. */
export async function pack(options: PackOptions): Promise<void> {
  const { output, main, assets, work } = options
  await quietly(() =>
    packSea.default(main, {
      targets: [
        {
          platform: 'linux',
          arch: process.arch,
          nodeRange: `node${process.versions.node}`,
          output,
        },
      ],
      nodePath: strippedNode(work),
      seaConfig: { ...seaConfig, assets },
    }),
  )
}

interface PackOptions {
  output: string
  main: string
  assets: Record<string, string>
  work: string
}

/** A main file for an executable is one file: its helpers are bundled into it. */
export function bundleMain(source: string, target: string): string {
  buildSync({
    entryPoints: [source],
    outfile: target,
    bundle: true,
    platform: 'node',
    format: 'cjs',
  })
  return target
}

/** The symbol table is a tenth of Node's size, and nothing at run time reads it. */
export function strippedNode(work: string): string {
  const target = join(work, `node-${process.versions.node}`)
  if (existsSync(target)) return target
  mkdirSync(work, { recursive: true })
  copyFileSync(process.execPath, `${target}.part`)
  execFileSync('strip', ['-o', target, `${target}.part`])
  return target
}

/** pkg tells every step on standard output; only its warnings and errors matter here. */
async function quietly(action: () => Promise<void>): Promise<void> {
  const { log } = console
  console.log = () => {}
  try {
    await action()
  } finally {
    console.log = log
  }
}
