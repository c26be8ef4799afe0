import { access, constants } from 'node:fs/promises'

export type Reach = 'open' | 'shut' | 'none'

/** Whether this user may write to what stands at a path, may not, or nothing stands there. */
export async function reachOf(path: string): Promise<Reach> {
  if (await may(path, constants.W_OK)) return 'open'
  return (await may(path, constants.F_OK)) ? 'shut' : 'none'
}

function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
