import { DynfarmError, describeBug } from '../errors.ts'
import { readBuild } from '../version.ts'
import {
  type CommandSpec,
  type Context,
  type Input,
  type Result,
  textOption,
  textsOption,
} from './command.ts'

export const spec: CommandSpec = {
  about:
    'The job runs as this user, in a network of its own: the centre by the tunnel, the rest as ever. Limits hold for it and all that it starts.',
  arguments: [['<command...>', 'the job and its arguments']],
  options: [
    ['--site <site>', 'the site it runs at: refuse a token of another one'],
    ['--server <url...>', 'the server to ask (default: as join.yaml says)'],
    ['--token <token>', 'what lets it join; others on this machine may see it'],
    ['--token-file <file>', 'a file with the token, which the job does not see'],
    ['--mode <mode>', 'how (default: auto)', ['auto', 'ns', 'socks']],
    ['--route <route>', 'what goes through the tunnel (default: split)', ['split', 'all']],
    ['--limit-rx <rate>', 'towards the job at most, as 20M'],
    ['--limit-tx <rate>', 'away from the job at most'],
    ['--resolv <file>', 'its resolv.conf'],
    ['--bind <from:to...>', 'show it the file or folder "from" in the place of "to"'],
    ['--cvmfs <repo...>', 'show it these repositories of CVMFS, with commas between them'],
    ['--status-fd <n>', 'write the state to this descriptor, a JSON line each'],
  ],
  passThrough: true,
  examples: [
    ['dynfarm run --token-file ~/token -- ./job.sh', "exits with the job's own code"],
    ['dynfarm run --limit-rx 20M --limit-tx 20M -- ./job.sh', 'limits that the job cannot lift'],
  ],
  exits: [[0, "the job's own code, or 128+N when it died of signal N"], 125],
  run: async (input, context): Promise<Result> => {
    const { renderSummary } = await import('../run/summary.ts')
    // Whoever read what dynfarm says may have gone: the job goes on.
    context.onBrokenOutput(() => {})
    const { exit, summary } = await orFail(() => start(input, context))
    // Standard output is the job's.
    if (context.asJson) context.log.record(summary ?? { exit })
    else if (summary !== undefined) context.log.info(renderSummary(summary))
    return { text: '', json: undefined, exit }
  },
}

async function start({ args, options }: Input, context: Context) {
  const [{ runJob }, { readBinds, readRepositories, readWishes }] = await Promise.all([
    import('../run/run.ts'),
    import('../run/options.ts'),
  ])
  const { log, configDir, env, self, onSignals } = context
  const flag = (name: string) => textOption(options, name)
  const { version, platform } = readBuild()
  return await runJob({
    ...{ log, configDir, self, onSignals, version, platform, words: args.length },
    ...readWishes({
      ...{ mode: flag('mode'), route: flag('route'), statusFd: flag('statusFd') },
      ...{ limitRx: flag('limitRx'), limitTx: flag('limitTx') },
    }),
    servers: textsOption(options, 'server'),
    ...{ site: flag('site'), token: flag('token'), tokenFile: flag('tokenFile') },
    resolv: flag('resolv'),
    binds: readBinds(textsOption(options, 'bind')),
    repositories: readRepositories(textsOption(options, 'cvmfs')),
    temporary: env['TMPDIR'] || '/tmp',
  })
}

/** Whatever it is: only the job's own code may look like the job's. */
async function orFail<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof DynfarmError))
      throw new DynfarmError('run-failed', describeBug(error), { details: { reason: 'bug' } })
    const { code, message, hint, details } = error
    throw new DynfarmError('run-failed', message, {
      ...(hint !== undefined && { hint }),
      ...{ cause: error, details: { reason: code, ...details } },
    })
  }
}
