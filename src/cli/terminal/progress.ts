import { Format, SingleBar } from 'cli-progress'
import { counted } from '../../monitor/counted'
import type { Io } from './io'
import { duration } from './text'

/** A command's progress. */
export interface Step {
  done: number
  /** `undefined` if unknown. */
  total: number | undefined
  /** The current activity: `compare`, `replay`. */
  label: string
  /** What is counted, in the singular. @default 'user' */
  noun?: string
  perSecond?: number
  secondsLeft?: number | undefined
  /** Additional text. */
  note?: string
}

/** Shows a command's progress on stderr. */
export interface Progress {
  show(step: Step): void
  /** Removes the line before other output. */
  end(): void
}

/** A line, and how much is done: `undefined` if unknown. */
interface View {
  show(text: string, part: { done: number; total: number } | undefined): void
  end(): void
}

const LINE_MS = 5_000
/** Without a step for this long, a line says that the command is waiting. */
const MAX_QUIET_MS = 5_000

/**
 * Shows progress on stderr: a bar on a terminal, otherwise a line every few seconds.
 * @param options.reportsWaiting Print a line if there is no step for some seconds.
 * @param options.waitsFor The other side to name in that line.
 */
export function showProgress(io: Io, { reportsWaiting = true, waitsFor = 'Clerk or MongoDB' } = {}): Progress {
  const view = io.canRedraw ? barOf() : linesOf(io)
  let last: Step | undefined
  let lastStepAt = Date.now()
  const timer = setInterval(() => {
    const waited = Date.now() - lastStepAt
    if (waited < MAX_QUIET_MS || !reportsWaiting) return
    const before = last ? `${describe(last)}; ` : ''
    view.show(`${before}waiting for ${waitsFor} for ${duration(waited / 1_000)}`, partOf(last))
  }, 1_000)
  return {
    show(step) {
      last = step
      lastStepAt = Date.now()
      view.show(describe(step), partOf(step))
    },
    end() {
      clearInterval(timer)
      view.end()
    },
  }
}

/** Runs work without steps. After some seconds, a line on stderr names what it waits for. */
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
    // The commands handle Ctrl-C.
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
      // The summary contains the last step.
      if (Date.now() - shown < LINE_MS) return
      shown = Date.now()
      io.err(text)
    },
    end() {},
  }
}

function describe({ label, noun = 'user', done, total, perSecond, secondsLeft, note }: Step): string {
  const reached = total === undefined ? counted(done, noun) : `${done.toLocaleString('en')} of ${counted(total, noun)}`
  const parts = [
    `${label} ${reached}`,
    perSecond ? `${Math.round(perSecond).toLocaleString('en')}/s` : '',
    secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`,
    note ?? '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
