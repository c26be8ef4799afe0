import { pause } from './deadline.ts'

type OnNext = (listener: (signal: NodeJS.Signals) => void) => void

interface Answers {
  /** ^C, once: how far it is. */
  show(): void
  /** ^C again, or a signal that leaves no time: end it. */
  stop(): void
}

/** Within this ^C counts as the second one. */
const secondPress = 2000

/** After `stop` nothing is answered any more, so that one signal more ends the process. */
export function answerInterrupts(onNext: OnNext, { show, stop }: Answers, wait = pause): void {
  let pressed = 0
  const listen = () =>
    onNext((signal) => {
      if (signal !== 'SIGINT' || pressed > 0) return stop()
      pressed += 1
      show()
      listen()
      wait(secondPress).then(() => {
        pressed = 0
      })
    })
  listen()
}
