import type { JobFailure } from './job-failure'

/** One reason for which users could not be synchronized. */
export interface FailureCause extends Omit<JobFailure, 'clerkId'> {
  /** Number of users. */
  count: number
  /** At most three Clerk ids, or `_id`s of local accounts. */
  examples: string[]
}

const MAX_FAILURES = 100
/** Limits memory if messages differ for each user. Later causes are only counted in the totals. */
const MAX_CAUSES = 20
const MAX_EXAMPLES = 3

/** Collects failed users: the first hundred by id, and all of them counted by cause. */
export class FailureTally {
  readonly failures: JobFailure[] = []
  readonly #causes = new Map<string, FailureCause>()

  get causes(): FailureCause[] {
    return [...this.#causes.values()].sort((one, other) => other.count - one.count)
  }

  /** @param about The id to list as an example, and the message without that id. */
  add(failure: JobFailure, about: { example: string; message: string } = reasonOf(failure)): void {
    if (this.failures.length < MAX_FAILURES) this.failures.push(failure)
    const { code, path } = failure
    const { example, message } = about
    const key = JSON.stringify([code, path, message])
    const cause = this.#causes.get(key) ?? {
      code,
      ...(path !== undefined && { path }),
      message,
      count: 0,
      examples: [],
    }
    if (cause.count === 0 && this.#causes.size === MAX_CAUSES) return
    cause.count += 1
    if (cause.examples.length < MAX_EXAMPLES) cause.examples.push(example)
    this.#causes.set(key, cause)
  }
}

/** Removes the user's id and Clerk's trace id from the message, so that equal reasons are one cause. */
function reasonOf({ clerkId, message }: JobFailure): { example: string; message: string } {
  const text = message.replace(/,? ?trace [\w.-]+/, '').replace(' ()', '')
  return { example: clerkId, message: clerkId === '' ? text : text.replaceAll(clerkId, '…') }
}
