import { reloadServer } from '../client/admin/reload.ts'
import type { CommandSpec } from './command.ts'

export const spec: CommandSpec = {
  examples: [['dynfarm reload', 'a broken configuration is refused and the old one stays']],
  exits: [75, 77, 78],
  run: (_, context) => reloadServer(context),
}
