import { Format, SingleBar } from 'cli-progress'
import type { Io } from './io'
import { count, duration } from './text'

/** How far a command has come. */
export interface Step {
  done: number
  /** Where it is known. */
  total: number | undefined
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

/** A line, with how much of it is done: `undefined` where nobody knows. */
interface View {
  show(text: string, part: { done: number; total: number } | undefined): void
  end(): void
}

const LINE_MS = 5_000
/** After so long without a step people are told that it is still waited for. */
const SILENCE_MS = 5_000

/**
 * Progress on stderr: on a terminal a bar in a line of its own, else a line every few seconds.
 * @param options.tellsSilence Print a line while no step comes for some seconds.
 * @param options.waitsFor Named in that line: the other side, which does not answer.
 */
export function showProgress(io: Io, { tellsSilence = true, waitsFor = 'Clerk or MongoDB' } = {}): Progress {
  const view = io.canRedraw ? barOf() : linesOf(io)
  let last: Step | undefined
  let heardAt = Date.now()
  const timer = setInterval(() => {
    const silence = Date.now() - heardAt
    if (silence < SILENCE_MS || !tellsSilence) return
    const before = last ? `${describe(last)}; ` : ''
    view.show(`${before}waiting for ${waitsFor} for ${duration(silence / 1_000)}`, partOf(last))
  }, 1_000)
  return {
    show(step) {
      last = step
      heardAt = Date.now()
      view.show(describe(step), partOf(step))
    },
    end() {
      clearInterval(timer)
      view.end()
    },
  }
}

/** Runs work without steps. After some seconds, stderr names what it waits for. */
export async function whileWaiting<T>(io: Io, waitsFor: string, work: () => Promise<T>): Promise<T> {
  const progress = showProgress(io, { waitsFor })
  return work().finally(() => progress.end())
}

function partOf(step: Step | undefined): { done: number; total: number } | undefined {
  return step?.total === undefined ? undefined : { done: step.done, total: step.total }
}

function barOf(): View {
  const bar = new SingleBar({
    format: (options, { progress }, { text, isMeasured }) =>
      isMeasured ? `[${Format.BarFormat(progress, options)}] ${text}` : text,
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
    show(text, part) {
      const { done, total } = part ?? { done: 0, total: 1 }
      const payload = { text, isMeasured: part !== undefined }
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

function linesOf(io: Io): View {
  let shown = Number.NEGATIVE_INFINITY
  return {
    show(text) {
      // The last step is told in the summary.
      if (Date.now() - shown < LINE_MS) return
      shown = Date.now()
      io.err(text)
    },
    end() {},
  }
}

function describe({ label, done, total, perSecond, secondsLeft, note }: Step): string {
  const reached = total === undefined ? count(done, 'user') : `${done.toLocaleString('en')} of ${count(total, 'user')}`
  const parts = [
    `${label} ${reached}`,
    perSecond ? `${Math.round(perSecond).toLocaleString('en')}/s` : '',
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
    note ?? '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
