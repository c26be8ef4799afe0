import type { Course } from '../course.ts'
import type { World } from '../world.ts'

interface ProgressOptions {
  world: World
  course: Course
  count: number
}

export interface Progress {
  tick(): void
  end(): void
}

const least = 200

/** One line that is written over, where a person waits for several nodes. */
export function startProgress({ world, course, count }: ProgressOptions): Progress {
  if (!world.terminals.stderr || count < 2) return { tick: () => undefined, end: () => undefined }
  let last = 0
  return {
    tick: () => {
      if (course.elapsed() - last < least) return
      last = course.elapsed()
      world.log.progress(renderProgress(course.records.length, count, last))
    },
    end: () => world.log.progress(''),
  }
}

export function renderProgress(done: number, count: number, ms: number): string {
  const rate = ms === 0 ? 0 : (done * 1000) / ms
  return `${done} of ${count} done, ${rate.toFixed(1)} a second`
}
