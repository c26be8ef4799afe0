import { spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** Node has no datagram sockets of a file system's; Perl is on every Debian. */
const program = `
  use IO::Socket::UNIX; use Socket; $| = 1;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
  print "ready\\n";
  while (defined $socket->recv(my $message, 65536)) { print "$message\\n" }`

export interface SyslogServer {
  readonly messages: string[]
  close(): Promise<void>
}

/** What listens at a socket as a syslog does, until the test ends. */
export async function startSyslogServer(path: string): Promise<SyslogServer> {
  const child = spawn('perl', ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const close = (): Promise<void> => {
    child.kill('SIGKILL')
    return ended
  }
  onTestFinished(close)
  const messages: string[] = []
  let rest = ''
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      messages.push(...lines)
      if (messages[0] === 'ready') resolve()
    })
  })
  messages.shift()
  return { messages, close }
}
