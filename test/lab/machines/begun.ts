import { afterAll, beforeAll } from 'vitest'
import { onceMore } from '../vm/once-more.ts'
import { type Centre, setUp } from './centre.ts'
import { Farm } from './farm.ts'

/** The machines are emulated, and what else runs here makes them slower still. */
export const patience = { timeout: 1_800_000 }

/** Before all tests of a file: a farm whose hub answers, as otherwise a ladder would begin further down. */
export function beforeTests(begin: (farm: Farm, centre: Centre) => Promise<void>): void {
  let farm: Farm | undefined
  const anew = async () => {
    await farm?.stop()
    farm = await Farm.make()
    const { centre, hubBegins } = await setUp(farm)
    await hubBegins
    await begin(farm, centre)
  }
  beforeAll(() => onceMore(anew), patience.timeout)
  afterAll(() => farm?.stop())
}
