import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  options: [
    ['-w, --nodes <nodeset>', 'which nodes, as aruba-[1-20] or @aruba:ready'],
    ['-x, --exclude <nodeset>', 'but not these'],
    ['--format <fields>', 'columns'],
    ['--sort <field>', 'order'],
  ],
  examples: [['dynfarm remote list -w @aruba', 'node, site, state, address, rung, version']],
  exits: [75, 77],
  run: notBuilt('remote list'),
}
