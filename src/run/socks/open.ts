import { randomUUID } from 'node:crypto'
import { DynfarmError } from '../../errors.ts'
import { type Gauge, gaugeOf, Pace } from '../../stream/pace.ts'
import { findPreloader } from '../edge/libraries.ts'
import { startPlain, startSweeper } from '../edge/plain-job.ts'
import type { RunOptions } from '../options.ts'
import type { Opening, Ready } from '../ready.ts'
import type { Dropped } from '../traffic.ts'
import { findHub } from './edge/hub-stream.ts'
import { listenForJob } from './edge/listener.ts'
import { preloadConfig, socksEnvironment } from './preload.ts'
import { centreOf } from './way.ts'

/** Mode `socks`: no network of the job's own, but a way to its services for the programs that take it. */
export async function openBySocks(options: RunOptions, opening: Opening): Promise<Ready> {
  const { closing, folder, joining, tools, signal, joined } = opening
  refuseMounts(options)
  const identity = await joining
  joined(identity)
  const hub = await findHub(identity, signal)
  const { gauges, count } = measure(options.limits)
  const centre = centreOf(identity.answer, options.route)
  const uid = process.getuid?.() ?? 0
  const listening = listenForJob({ hub, centre, gauges, uid })
  const { port } = await closing.after(listening, (server) => server.close())
  const preloader = findPreloader(tools.self[0])
  if (preloader === undefined) options.log.warn(noPreloader)
  const config = preloader ? folder.write('socks.conf', preloadConfig(preloader, port)) : ''
  const mark = randomUUID()
  const sweeper = startSweeper(mark, tools)
  closing.after(Promise.resolve(sweeper), (one) => one.end())
  return {
    ...{ identity, count, held: { rung: 'socks' }, job: startPlain(tools) },
    dropped: async () => waiting(options.limits),
    environment: (own) => socksEnvironment(own, { port, preloader, config, mark }),
  }
}

const noPreloader =
  'neither proxychains4 nor tsocks is here: only programs that heed ALL_PROXY reach the centre'

function refuseMounts({ resolv, binds }: RunOptions): void {
  const flag = resolv === undefined ? '--bind' : '--resolv'
  if (resolv === undefined && binds.length === 0) return
  const hint = 'without namespaces a job sees the files of the machine'
  throw new DynfarmError('mode-unavailable', `mode "socks" has no "${flag}"`, { hint })
}

/** What is over the limit waits here, and is never dropped. */
function waiting({ rx, tx }: RunOptions['limits']): Dropped {
  return { rx: rx === undefined ? null : 0, tx: tx === undefined ? null : 0 }
}

/** All streams of the job together. From the job to the hub is tx. */
function measure({ rx, tx }: RunOptions['limits']) {
  const total = { rx: 0, tx: 0 }
  const gauge = (way: 'rx' | 'tx', rate: number | undefined): Gauge =>
    gaugeOf(
      (bytes) => {
        total[way] += bytes
      },
      rate === undefined ? [] : [new Pace(rate)],
    )
  return { gauges: { there: gauge('tx', tx), back: gauge('rx', rx) }, count: () => ({ ...total }) }
}
