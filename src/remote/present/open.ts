import type { StreamName } from '../channel-output.ts'
import type { Course } from '../course.ts'
import { folderOpener } from '../files/output-folder.ts'
import { makeScratch, type Scratch } from '../files/scratch.ts'
import { telling } from '../input.ts'
import type { ExecOptions } from '../options.ts'
import type { HostRecord } from '../record.ts'
import type { Run } from '../run-command.ts'
import { SharedInput } from '../shared-input.ts'
import type { World } from '../world.ts'
import { presentGathered } from './gather.ts'
import { makeRoom } from './kept.ts'
import { presentLive, presentRaw } from './live.ts'
import { prefixOf } from './prefix.ts'
import type { Presenter } from './presenter.ts'
import { startProgress } from './progress.ts'
import { presentRecords } from './records.ts'
import { presentToFiles } from './to-files.ts'

interface ViewOptions {
  options: ExecOptions
  world: World
  course: Course
  /** How many nodes. */
  count: number
}

/** Where the hosts' output goes and their input comes from. What fails here stops the run. */
export interface View {
  streams(node: string, bytes: Record<StreamName, number>): Promise<Pick<Run, 'input' | 'sink'>>
  end(record: HostRecord): Promise<void>
  finish(): Promise<void>
}

export async function openView(view: ViewOptions): Promise<View> {
  const { options, world, course } = view
  const scratches = { input: makeScratch(), output: makeScratch() }
  const presenter = await withFolders(options, presenterOf(view, scratches.output))
  const input = inputOf(options, world, scratches.input)
  const progress = startProgress(view)
  const stop = (error: Error) => course.stop('error', error)
  const safely = async (work: Promise<void> | undefined) => {
    await work?.catch(stop)
  }
  return {
    streams: async (node, bytes) => {
      await safely(presenter.begin(node))
      return {
        input: input && telling(input.copy(), stop),
        sink: (chunk, stream) => {
          bytes[stream] += chunk.length
          const taken = presenter.take(node, chunk, stream)
          return taken === undefined ? undefined : safely(taken)
        },
      }
    },
    end: async (record) => {
      await safely(presenter.end(record))
      progress.tick()
    },
    finish: async () => {
      progress.end()
      await safely(presenter.finish())
      for (const scratch of Object.values(scratches)) await scratch.close()
    },
  }
}

async function withFolders(options: ExecOptions, presenter: Presenter): Promise<Presenter> {
  const { outdir, errdir } = options
  if (outdir === undefined && errdir === undefined) return presenter
  const openOnce = folderOpener()
  return presentToFiles(
    {
      ...(outdir !== undefined && { stdout: await openOnce(outdir) }),
      ...(errdir !== undefined && { stderr: await openOnce(errdir) }),
    },
    presenter,
  )
}

function presenterOf({ options, world, count }: ViewOptions, scratch: Scratch): Presenter {
  const { log, terminals: isTerminal } = world
  const print = log.stream
  const onSpill = once(() => log.info('output beyond 32 MiB waits on disk, in /var/tmp'))
  const room = makeRoom(scratch, onSpill)
  if (options.view === 'records') return presentRecords(print, room)
  if (options.view === 'gathered')
    return presentGathered({ print, isTerminal, diff: options.diff, room })
  const isAlone = count === 1 && !options.prefix
  if (isAlone && !isTerminal.stdout && !isTerminal.stderr) return presentRaw(print)
  return presentLive({ print, isTerminal, prefix: options.prefix ? prefixOf(log) : () => '' })
}

function once(tell: () => void): () => void {
  let isTold = false
  return () => {
    if (!isTold) tell()
    isTold = true
  }
}

/** A terminal is for the person at it, not for the hosts. */
function inputOf(
  options: ExecOptions,
  { stdin }: World,
  scratch: Scratch,
): SharedInput | undefined {
  const isTerminal = 'isTTY' in stdin && stdin.isTTY === true
  return options.readsInput && !isTerminal ? new SharedInput(stdin, scratch) : undefined
}
