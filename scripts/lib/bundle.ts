import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build, transform } from 'esbuild'
import { precompiledValidators } from './precompile.ts'

/**
 * Bundles bin/dynfarm.ts into a folder of CommonJS files: the entry, and one for each part that is loaded
 * only when it is needed. The same sources give the same bytes, in whatever folder they lie.
 */
export async function bundle(root: string, folder: string): Promise<string[]> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['bin/dynfarm.ts'],
    bundle: true,
    preserveSymlinks: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outdir: 'out',
    write: false,
    legalComments: 'none',
    external: ['cpu-features'],
    loader: { '.node': 'empty' },
    // ssh2 looks beside itself for a program of Windows'.
    define: { __dirname: '"/"' },
    plugins: [precompiledValidators],
    logLevel: 'warning',
  })
  await Promise.all(
    outputFiles.map(async ({ path, text }) =>
      writeFile(join(folder, basename(path)), await toCommonJs(text)),
    ),
  )
  return (await readdir(folder)).sort()
}

/** esbuild splits only ES modules; an executable's files are CommonJS, and load each other when asked. */
async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    supported: { 'dynamic-import': false },
  })
  return code
}

/** The list of the bundle's files as sha256sum prints it; its own hash names the bundle. */
export async function listHashes(folder: string, names: readonly string[]): Promise<string> {
  const lines = names.map(
    async (name) => `${sha256(await readFile(join(folder, name)))}  ${name}\n`,
  )
  return (await Promise.all(lines)).join('')
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
