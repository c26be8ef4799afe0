import { type CommandSpec, notBuilt } from './command.ts'

export const spec: CommandSpec = {
  arguments: [['<command...>', 'the job and its arguments']],
  options: [
    ['--site <site>', 'the site it runs at'],
    ['--server <url>', 'the server to ask'],
    ['--token <token>', 'what lets it join'],
    ['--token-file <file>', 'a file with the token'],
    ['--mode <mode>', 'how (default: auto)', ['auto', 'ns', 'socks']],
    ['--route <route>', 'what goes through the tunnel (default: split)', ['split', 'all']],
    ['--limit-rx <rate>', 'towards the job at most, as 20M'],
    ['--limit-tx <rate>', 'away from the job at most'],
    ['--resolv <file>', 'its resolv.conf'],
    ['--bind <from:to...>', 'files of its own in other places'],
    ['--cvmfs <repositories>', 'make these visible under /cvmfs'],
    ['--status-fd <n>', 'write the state to this descriptor'],
  ],
  passThrough: true,
  examples: [
    ['dynfarm run --site hpc -- ./job.sh', "exits with the job's own code"],
    ['dynfarm run --limit-rx 20M --limit-tx 20M -- ./job.sh', 'limits that the job cannot lift'],
  ],
  exits: [[0, "the job's own code, or 128+N when it died of signal N"], 125],
  run: notBuilt('run'),
}
