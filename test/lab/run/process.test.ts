import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../join/centre.ts'
import type { HostProcess } from '../lib/lab-host.ts'
import { type Lender, startLender } from './support.ts'

let lender: Lender
let before: string

beforeAll(async () => {
  lender = await startLender()
  await lender.run(['true'])
  before = await lender.traces()
})

afterAll(async () => {
  await lender?.centre.stop()
})

/** What a process said so far. */
function listen(process: HostProcess): { text(): string } {
  let text = ''
  for (const stream of [process.stdout, process.stderr])
    stream?.on('data', (data: Buffer) => {
      text += data.toString()
    })
  return { text: () => text }
}

const kill = async (signal: string, pid: number) =>
  await lender.host.must(['kill', '-s', signal, String(pid)])

test('signals are the job’s, and so is what comes of them', async () => {
  const names = ['TERM', 'INT', 'HUP', 'USR1', 'USR2']
  const traps = names.map((name) => `trap 'echo got ${name}' ${name}`).join('; ')
  const script = `${traps}; echo ready; n=0; while test $n -lt 5; do sleep 60 & wait $!; kill $!; n=$((n+1)); done; exit 9`
  const job = lender.spawn(['sh', '-c', script])
  const said = listen(job)
  await until(async () => said.text().includes('ready'), said.text)
  const dynfarm = await lender.dynfarm()
  for (const name of names) {
    await kill(name, dynfarm)
    await until(async () => said.text().includes(`got ${name}\n`), said.text)
  }
  expect((await job).exitCode).toBe(9)
  expect(said.text().match(/got/g)).toHaveLength(5)
})

test('without a trap a signal ends the job, and its number is told', async () => {
  const job = lender.spawn(['sh', '-c', 'echo ready; exec sleep 60'])
  const said = listen(job)
  await until(async () => said.text().includes('ready'), said.text)
  await kill('TERM', await lender.dynfarm())
  expect((await job).exitCode).toBe(128 + 15)
})

test('a job whose network was killed goes on, and that is told', async () => {
  await lender.host.must(['mkfifo', '-m', '666', '/home/alice/fifo'])
  const job = lender.spawn(['sh', '-c', 'echo ready; read -r line <"$HOME/fifo"; exit 5'])
  const said = listen(job)
  await until(async () => said.text().includes('ready'), said.text)
  await lender.host.must(['pkill', '-KILL', '-x', 'slirp4netns'])
  await until(async () => said.text().includes('slirp4netns ended'), said.text)
  await lender.host.must(['sh', '-c', 'echo >/home/alice/fifo; rm /home/alice/fifo'])
  expect((await job).exitCode).toBe(5)
})

test('on a terminal ^C reaches the job once, ^Z stops it and dynfarm, and it goes on', async () => {
  const script = `trap 'n=$((n+1)); echo "count $n"' INT; test -t 0 && echo ready
    until test "$word" = end; do read -r word || :; echo "read $word"; done; exit 5`
  const words = lender.argv([], ['sh', '-c', script]).map(quoted).join(' ')
  const shell = `set -m; ${words}; echo "stopped $?"; fg; echo "ended $?"`
  await lender.host.write('/tmp/session', shell)
  const inTerminal = ['script', '-qefc', 'bash /tmp/session', '/dev/null']
  const job = lender.host.spawn(inTerminal, { ordinary: true, open: true })
  const said = listen(job)
  const type = (text: string) => job.stdin?.write(text)
  await until(async () => said.text().includes('ready'), said.text)
  type('\x03')
  await until(async () => said.text().includes('count 1'), said.text)
  type('\x1a')
  await until(async () => /stopped 14[78]/.test(said.text()), said.text)
  type('once\n')
  await until(async () => said.text().includes('read once'), said.text)
  type('end\n')
  await until(async () => said.text().includes('ended 5'), said.text)
  expect(said.text()).not.toContain('count 2')
  await job
})

test('arguments and environment arrive byte for byte', async () => {
  const odd = "printf '\\377\\201\\210 \\303\\n\\047\"$`\\\\x.'"
  const show = 'printf %s "$1$ODD" | od -An -v -tx1; f; echo "$#"'
  const argv = lender.argv(['--quiet'], ['bash', '-c', show, 'bash'])
  const script = `a=$(${odd}); ODD=$a exec env 'BASH_FUNC_f%%=() { echo function; }' "$@" "$a" '' '--' ''`
  const options = { ordinary: true, env: { LC_ALL: 'C' } }
  const { stdout } = await lender.host.run(['sh', '-c', script, 'sh', ...argv], options)
  const bytes = 'ff8188 20c30a27 2224605c 782e'.replace(/ /g, '')
  expect(stdout.replace(/\s/g, '')).toBe(`${bytes}${bytes}function4`)
})

test('the job is not to gain by setuid, and no descriptor is left open for it', async () => {
  const script = 'grep NoNewPrivs /proc/self/status; ls /proc/self/fd; ulimit -Sn'
  const argv = ['bash', '-c', 'exec 5</dev/null 200</dev/null; ulimit -Sn 300; "$@"; :', 'bash']
  const { stdout } = await lender.host.run([...argv, ...lender.argv([], ['sh', '-c', script])], {
    ordinary: true,
  })
  expect(stdout.replace(/\s+/g, ' ')).toBe('NoNewPrivs: 1 0 1 2 3 300 ')
})

test.each(['start', 'joined', 'connected', 'running'])(
  'killed at "%s" it leaves nothing but its folder, which the next run removes',
  async (moment) => {
    const job = lender.spawn(['sh', '-c', 'setsid sleep 600 & sleep 600'], ['--status-fd', '2'])
    const said = listen(job)
    const isThere = async () =>
      moment === 'start'
        ? (await lender.host.run(['pgrep', '-x', 'slirp4netns'])).code === 0
        : said.text().includes(`"state":"${moment}"`)
    await until(isThere, said.text)
    await kill('KILL', await lender.dynfarm())
    const left = () =>
      lender.traces().then((all) => all.replace(/^\/tmp\/dynfarm-run-31000\/.*\n/gm, ''))
    await until(
      async () => (await left()) === before,
      () => 'something is left',
    )
    await job
    await lender.run(['true'])
    expect(await lender.traces()).toBe(before)
  },
)

function quoted(word: string): string {
  return `'${word.replace(/'/g, `'\\''`)}'`
}
