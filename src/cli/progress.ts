import { SingleBar } from 'cli-progress'
import type { Io } from './io'
import { count, duration } from './text'

/** How far a command has come. */
export interface Step {
  done: number
  /** Where it is known. */
  total: number
  /** What is done: `compare`, `replay`. */
  label: string
  perSecond?: number
  secondsLeft?: number | undefined
  /** What else there is to say. */
  note?: string
}

export interface Progress {
  show(step: Step): void
  /** Takes the line away, before anything else is printed. */
  end(): void
}

const LINE_MS = 5_000

/** Progress on stderr: on a terminal a bar in a line of its own, else a line every few seconds. */
export function showProgress(io: Io): Progress {
  return io.canRedraw ? barOf() : linesOf(io)
}

function barOf(): Progress {
  const bar = new SingleBar({
    format: '[{bar}] {text}',
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: 24,
    stream: process.stderr,
    clearOnComplete: true,
    // Ctrl-C is the commands' own.
    gracefulExit: false,
  })
  let isShown = false
  return {
    show(step) {
      const { done, total } = step
      const payload = { text: describe(step) }
      if (!isShown) bar.start(total, done, payload)
      isShown = true
      bar.setTotal(Math.max(total, done))
      bar.update(done, payload)
    },
    end() {
      if (isShown) bar.stop()
      isShown = false
    },
  }
}

function linesOf(io: Io): Progress {
  let shown = Number.NEGATIVE_INFINITY
  return {
    show(step) {
      // The last step is told in the summary.
      if (Date.now() - shown < LINE_MS) return
      shown = Date.now()
      io.err(describe(step))
    },
    end() {},
  }
}

function describe({ label, done, total, perSecond, secondsLeft, note }: Step): string {
  const parts = [
    `${label} ${done.toLocaleString('en')} of ${count(total, 'user')}`,
    perSecond ? `${Math.round(perSecond).toLocaleString('en')}/s` : '',
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
    note ?? '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
