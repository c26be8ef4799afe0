import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a cloud tells cloud-init about a new machine. */
export interface Seed {
  'user-data': string
  'vendor-data': string
  'meta-data': string
  'network-config': string
}

/** As a disk, which is what cloud-init calls NoCloud; its path. */
export function makeSeed(seed: Seed, folder: string): string {
  const files = join(folder, 'seed')
  const disk = `${files}.img`
  mkdirSync(files)
  for (const [name, content] of Object.entries(seed)) writeFileSync(join(files, name), content)
  const options = ['-quiet', '-rock', '-joliet', '-volid', 'cidata', '-output', disk]
  execFileSync('genisoimage', [...options, files], { stdio: 'pipe' })
  return disk
}
