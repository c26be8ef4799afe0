/** The leaders of process groups that are not to outlive this process. */
export const running = new Set<number>()

/** For the very end of it: what ignores a gentler word could not be waited for. */
export function killRunning(): void {
  for (const leader of running) {
    try {
      process.kill(-leader, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
}
