import { count } from '../../number-options'

/** How requests to the API fail. */
export interface ApiFault {
  /** A status, no response (`hang`), or a broken connection (`reset`). */
  status: 500 | 502 | 503 | 429 | 'hang' | 'reset'
  /** Number of requests. @default 1 */
  times?: number
  /** Only requests whose path below `/v1` starts with this text, or matches. @default any */
  path?: string | RegExp
  /** Only requests with this method. @default any */
  method?: string
  /** Whether the request takes effect and only its response fails. @default false */
  applied?: boolean
  /** `Retry-After` in seconds, for 429 and 503. @default 1 for 429 */
  retryAfter?: number
}

/** Faults that wait for their requests. */
export class Faults {
  readonly #waiting: { fault: ApiFault; left: number }[] = []

  add(fault: ApiFault): void {
    this.#waiting.push({ fault, left: count('failNext.times', fault.times ?? 1, 1) })
  }

  /** Returns the fault for a request, and counts it as used. */
  take(method: string, path: string): ApiFault | undefined {
    const index = this.#waiting.findIndex(({ fault }) => isFor(fault, method, path))
    const found = this.#waiting[index]
    if (!found) return undefined
    found.left -= 1
    if (found.left <= 0) this.#waiting.splice(index, 1)
    return found.fault
  }
}

function isFor({ method, path }: ApiFault, requestMethod: string, at: string): boolean {
  if (method && method !== requestMethod) return false
  return path === undefined || (typeof path === 'string' ? at.startsWith(path) : path.test(at))
}
