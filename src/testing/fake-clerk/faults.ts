import { count } from '../../number-options'

/** What goes wrong with requests to the API. */
export interface ApiFault {
  /** An answer, none at all, or a connection that breaks. */
  status: 500 | 502 | 503 | 429 | 'hang' | 'reset'
  /** How many requests. @default 1 */
  times?: number
  /** Which ones, by what the path below `/v1` begins with or matches. @default any */
  path?: string | RegExp
  method?: string
  /** Whether the request takes effect all the same, and only its answer goes wrong. @default false */
  applied?: boolean
  /** Seconds, for 429 and 503. @default 1 for 429 */
  retryAfter?: number
}

/** The faults that wait for their requests. */
export class Faults {
  readonly #waiting: { fault: ApiFault; left: number }[] = []

  add(fault: ApiFault): void {
    this.#waiting.push({ fault, left: count('failNext.times', fault.times ?? 1, 1) })
  }

  /** The fault for a request, taken. */
  take(method: string, path: string): ApiFault | undefined {
    const index = this.#waiting.findIndex(({ fault }) => isFor(fault, method, path))
    const found = this.#waiting[index]
    if (!found) return undefined
    found.left -= 1
    if (found.left <= 0) this.#waiting.splice(index, 1)
    return found.fault
  }
}

function isFor({ method, path }: ApiFault, asked: string, at: string): boolean {
  if (method && method !== asked) return false
  return path === undefined || (typeof path === 'string' ? at.startsWith(path) : path.test(at))
}
