import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What makes each sync of a process take so much longer, as its environment. */
export function slowSyncs(folder: string, milliseconds: number): Record<string, string> {
  const [source, library] = [join(folder, 'slow-sync.c'), join(folder, 'slow-sync.so')]
  writeFileSync(source, text(milliseconds * 1e6))
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', library, source])
  return { LD_PRELOAD: library }
}

function text(nanoseconds: number): string {
  const wrapper = (name: string) => `
int ${name}(int file) {
  struct timespec time = { 0, ${nanoseconds} };
  nanosleep(&time, 0);
  return syscall(SYS_${name}, file);
}`
  return `#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
${wrapper('fsync')}
${wrapper('fdatasync')}
`
}
