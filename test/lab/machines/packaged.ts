import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { root } from '../vm/places.ts'
import type { Installed } from './install.ts'

const from = join(root, 'configs/systemd')
const units = '/usr/lib/systemd/system'

/** All that a package puts on a machine. */
export function packaged(): Installed[] {
  const found = globSync('dynfarm-*.{service,timer}', { cwd: from })
  return [
    { path: '/usr/bin/dynfarm', file: join(root, 'dist/dynfarm'), mode: 0o755 },
    ...found.map((unit) => ({ path: `${units}/${unit}`, file: join(from, unit) })),
    { path: '/usr/lib/sysusers.d/dynfarm.conf', file: join(from, 'sysusers.conf') },
    { path: '/usr/lib/tmpfiles.d/dynfarm.conf', file: join(from, 'tmpfiles.conf') },
  ]
}

/** As `systemctl enable` does, for a unit that starts with the system. */
export function enabled(unit: string, by = 'multi-user.target'): Installed {
  const file = unit.replace(/@[^.]+/, '@')
  return { path: `/etc/systemd/system/${by}.wants/${basename(unit)}`, link: `${units}/${file}` }
}
