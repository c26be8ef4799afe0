import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { libraries, type Preloader } from '../socks/preload.ts'

/** Where distributions keep it; beside dynfarm, for sites that have neither, comes first. */
export function findPreloader(executable: string): Preloader | undefined {
  const folders = [dirname(executable), ...bases.flatMap((base) => [base, ...archFolders(base)])]
  for (const [name, files] of libraries)
    for (const folder of folders)
      for (const file of files)
        if (existsSync(`${folder}/${file}`)) return { name, library: `${folder}/${file}` }
  return undefined
}

const bases = ['/usr/lib', '/usr/lib64', '/usr/local/lib']

/** As /usr/lib/x86_64-linux-gnu, and the folder that tsocks and proxychains have in other distributions. */
function archFolders(base: string): string[] {
  if (!existsSync(base)) return []
  const own = readdirSync(base).filter((name) => /-linux-gnu$|^(proxychains-ng|tsocks)$/.test(name))
  return own.map((name) => `${base}/${name}`)
}
