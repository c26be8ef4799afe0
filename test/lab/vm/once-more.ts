/** The emulator itself died, which says nothing about what ran in it. */
export class MachineCrashed extends Error {}

/** QEMU's emulation of several processors crashes now and then: once that is passed over, and told. */
export async function onceMore<T>(
  work: () => Promise<T>,
  say: (text: string) => void = console.error,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MachineCrashed)) throw error
    say(`vm: ${error.message}; it is started once more`)
    return await work()
  }
}
