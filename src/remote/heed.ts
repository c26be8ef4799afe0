import { DynfarmError } from '../errors.ts'
import type { Course } from './course.ts'
import { answerInterrupts } from './interrupt.ts'
import type { World } from './world.ts'

type Around = Pick<
  World,
  'log' | 'stdin' | 'terminals' | 'onNextInterrupt' | 'onHangup' | 'onBrokenOutput'
>

/** What the world around a run may want of it: that it ends in order, whoever's hand it was that let go. */
export function heed(world: Around, course: Course): void {
  const { log } = world
  answerInterrupts(world.onNextInterrupt, {
    show: () => log.warn(course.render()),
    stop: () => course.stop('interrupt'),
  })
  world.onHangup(() => {
    if (isAtTerminal(world)) course.stop('interrupt')
  })
  world.onBrokenOutput(({ code = '' }) => {
    if (code === 'EPIPE') course.stop('unread')
    else
      course.stop(
        'error',
        new DynfarmError('file-refused', `the output cannot be written: ${code}`),
      )
  })
}

/** A run that was left to itself, as by nohup or cron, has no terminal that could hang up. */
function isAtTerminal({ stdin, terminals }: Around): boolean {
  return terminals.stdout || terminals.stderr || ('isTTY' in stdin && stdin.isTTY === true)
}
