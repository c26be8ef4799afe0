import { DynfarmError } from '../../errors.ts'
import type { AnswerOf, EndpointName } from '../../protocol/endpoints.ts'
import { expectSuccess, readAnswer } from './answer.ts'
import { clockDifference, clocksDiffer, toleratedMs } from './clock.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import { describeFault, type Failure, isCertificateAlert, summarise } from './fault.ts'
import { type Limits, limitsFor } from './limits.ts'
import { type Line, type Received, type Sending, Unanswered } from './line.ts'
import { type AnyAsk, type Ask, renderMessage } from './message.ts'
import { isRepeatable } from './repeatable.ts'

/** Speaks with the server. */
export interface Client {
  request<Name extends EndpointName>(name: Name, ask: Ask<Name>): Promise<AnswerOf<Name>>
  /** Hands a long answer over as it comes, and ends with what `use` gives. */
  stream<Name extends EndpointName, Result>(
    name: Name,
    ask: Ask<Name> & { headers?: Readonly<Record<string, string>> },
    use: (received: Received) => Promise<Result>,
  ): Promise<Result>
  /** How many milliseconds the clock here was ahead of the server's at its last answer that told the time. */
  clockAhead(): number | undefined
  /** Ends the connections that are kept for the next request. */
  close(): void
}

export interface CommonOptions {
  now?: () => Date
  limits?: Partial<Limits>
  headers?: Readonly<Record<string, string>>
  /** Is told of a server that was passed over because it cannot be trusted, though another one answered. */
  warn?: (message: string) => void
}

/** Tries the lines in their order, beginning with the one that answered last. */
export function makeClient(lines: readonly Line[], options: CommonOptions): Client {
  const { now = () => new Date(), warn } = options
  let order = lines
  let ahead: number | undefined

  return {
    request: (name, ask) =>
      call(name, ask, async (received, { asked }) => {
        const answer = await readAnswer(name, received)
        observeTime(answer, asked)
        return answer
      }),
    stream: (name, ask, use) =>
      call(name, ask, (received, { signal }) => useOnce(use(received), signal)),
    clockAhead: () => ahead,
    close: () => {
      for (const line of lines) line.close()
    },
  }

  type Use<Result> = (received: Received, at: Moment) => Promise<Result>

  async function call<Result>(name: EndpointName, ask: Call, use: Use<Result>): Promise<Result> {
    const { headers, ...message } = renderMessage(name, ask)
    const limits = limitsOf(name, ask, options.limits)
    const deadline = startDeadline(limits.totalMs, ask.signal)
    const sending: Sending = {
      ...message,
      headers: { ...headers, ...options.headers, ...ask.headers },
      mayReuse: isRepeatable(name),
      ...limits,
      signal: deadline.signal,
    }
    try {
      return await tryLines(name, deadline, (line) => exchange(line, { name, sending, use }))
    } finally {
      deadline.clear()
    }
  }

  async function tryLines<Result>(
    name: EndpointName,
    { signal }: Deadline,
    attempt: (line: Line) => Promise<Result>,
  ): Promise<Result> {
    const failures: Failure[] = []
    for (const line of order) {
      try {
        const result = await attempt(line)
        order = [line, ...lines.filter((one) => one !== line)]
        for (const failure of failures) warnOf(failure)
        return result
      } catch (thrown) {
        const error = reasonOf(thrown, signal)
        if (!isForAnother(error, thrown, name)) throw error
        failures.push({ line: line.name, error })
        if (signal.aborted) break
      }
    }
    throw summarise(failures)
  }

  async function exchange<Result>(
    line: Line,
    { name, sending, use }: { name: EndpointName; sending: Sending; use: Use<Result> },
  ): Promise<Result> {
    const asked = now().getTime()
    const received = await line.send(sending)
    try {
      await expectSuccess(name, received)
      return await use(received, { asked, signal: sending.signal })
    } catch (error) {
      throw error instanceof DynfarmError ? withClock(error, asked) : error
    }
  }

  function observeTime(answer: unknown, asked: number): void {
    const { time } = (answer ?? {}) as { time?: unknown }
    if (typeof time !== 'number') return
    ahead = clockDifference({ asked, heard: now().getTime(), time })
  }

  /** A certificate of ours that the server finds out of date may be so by a wrong clock alone. */
  function withClock(error: DynfarmError, asked: number): DynfarmError {
    observeTime(error.details, asked)
    const isOfTime = error.code === 'certificate-early' || error.code === 'certificate-expired'
    if (!isOfTime || ahead === undefined || Math.abs(ahead) <= toleratedMs) return error
    const here = now()
    return clocksDiffer({ here, server: new Date(here.getTime() - ahead) })
  }

  function warnOf({ error }: Failure): void {
    if (error instanceof DynfarmError && error.code === 'server-not-trusted') warn?.(error.message)
  }
}

interface Moment {
  asked: number
  signal: AbortSignal
}

type Call = AnyAsk & {
  signal?: AbortSignal | undefined
  timeoutMs?: number
  headers?: Readonly<Record<string, string>>
}

function limitsOf(name: EndpointName, { query, timeoutMs }: Call, given?: Partial<Limits>): Limits {
  const { wait = '0' } = (query ?? {}) as { wait?: string }
  return limitsFor(name, {
    waitMs: Number(wait) * 1000,
    given: { ...given, ...(timeoutMs !== undefined && { totalMs: timeoutMs }) },
  })
}

/** Half an answer was used already: another line cannot go on with it. */
async function useOnce<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  try {
    return await result
  } catch (thrown) {
    if (!(thrown instanceof Unanswered)) throw thrown
    const error = reasonOf(thrown, signal)
    if (error instanceof DynfarmError) throw error
    const message = `the answer ended half-way: ${describeFault(error)}`
    throw new DynfarmError('server-unreachable', message)
  }
}

/** What is behind a request without an answer: the end that was put to it, or what the network said. */
function reasonOf(thrown: unknown, signal: AbortSignal): unknown {
  if (!(thrown instanceof Unanswered)) return thrown
  if (signal.aborted) return signal.reason
  if (!isCertificateAlert(thrown.cause)) return thrown.cause
  return new DynfarmError('certificate-refused', 'the server does not take the certificate of here')
}

/** Whether the next line may be tried: nothing was done on this one, or doing it twice does no harm. */
function isForAnother(error: unknown, thrown: unknown, name: EndpointName): boolean {
  if (error instanceof DynfarmError) return passesOver.has(error.code)
  const why = describeFault(error)
  if (!(thrown instanceof Unanswered) || why === undefined) return false
  if (!thrown.wasSent || isRepeatable(name)) return true
  throw new DynfarmError('answer-lost', `the request was sent, and no answer came: ${why}`)
}

const passesOver: ReadonlySet<string> = new Set([
  'server-not-trusted',
  'clock-wrong',
  'proxy-refused',
  'server-busy',
])
