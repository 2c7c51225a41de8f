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

const BAR_WIDTH = 24
const REDRAW_MS = 100
const LINE_MS = 5_000

/** Progress on stderr: on a terminal a bar in a line of its own, else a line every few seconds. */
export function showProgress(io: Io): Progress {
  const every = io.canRedraw ? REDRAW_MS : LINE_MS
  let shown = Number.NEGATIVE_INFINITY
  let drawn = 0
  const draw = (line: string) => {
    process.stderr.write(`\r${line.padEnd(drawn)}`)
    drawn = line.length
  }
  return {
    show(step) {
      // The last step is told in the summary.
      if (Date.now() - shown < every) return
      shown = Date.now()
      if (io.canRedraw) draw(fit(`${bar(step)} ${describe(step)}`))
      else io.err(describe(step))
    },
    end() {
      if (drawn > 0) process.stderr.write(`\r${' '.repeat(drawn)}\r`)
      drawn = 0
    },
  }
}

function bar({ done, total }: Step): string {
  const filled = total > 0 ? Math.min(BAR_WIDTH, Math.round((done / total) * BAR_WIDTH)) : 0
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`
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

/** A line that wraps could not be drawn over. */
function fit(line: string): string {
  return line.slice(0, Math.max(20, (process.stderr.columns || 80) - 1))
}
