import type { Edit } from '../chaos/edited'

/**
 * Planted bugs, each as edits of the sources. Three bugs are not here, as they are found
 * elsewhere: without leases, later events correct what two workers do to one user; a push that does not read its
 * answer is wrong only if the same value changes at Clerk between two requests; and a worker that removes the hook of a
 * deletion must learn of it before the webhook, which is rare here and frequent in the chaos of one direction.
 */
export const plantedBugs: Record<string, readonly Edit[]> = {
  'a mark is cleared although the document changed since': [
    { file: 'mongoose/push/complete-claim.ts', text: 'if (isMine && isSame)', instead: 'if (isMine)' },
  ],
  'a temporary failure is given up': [{ file: 'jobs/push/failed-push.ts', text: 'status < 500 && ', instead: '' }],
  'an event clears a pending push': [
    {
      file: 'mongoose/write/plan.ts',
      text: 'const $unset: AnyDoc = {}',
      instead: 'const $unset: AnyDoc = state.push?.differs ? {} : { [paths.clerkPushToken]: 1 }',
    },
  ],
  'a change at Clerk of an owned value stays': [
    {
      file: 'mongoose/write/plan.ts',
      text: 'if (push?.differs) Object',
      instead: 'if (Date.now() < 0) Object',
    },
  ],
  'a missing value counts as a removal to push': [
    {
      file: 'mongoose/push/set-by-app.ts',
      text: 'if (isNone(value)) return false',
      instead: 'if (isNone(value)) return true',
    },
  ],
  'no database gives up if another one pushes another value': [
    {
      file: 'mongoose/push/queue.ts',
      text: 'isOfEvent(token) && isContested(',
      instead: 'Date.now() < 0 && isContested(',
    },
  ],
  'a push that is aborted by a stopping worker is given up': [
    { file: 'jobs/push/push-round.ts', text: ' && error !== this.#stop.signal.reason', instead: '' },
  ],
}

/** Bugs that only a schema with rules, middleware and encryption shows. */
export const plantedBeneathRules: Record<string, readonly Edit[]> = {
  'mongoose sends the command with the filter and errors of the middleware': [
    {
      file: 'mongoose/command/in-query.ts',
      text: 'const answer = await send(update, extraOptions(query))',
      instead:
        "const answer = await Object.getPrototypeOf(query)['_' + operation].call(query.setUpdate(update) ?? query)",
    },
  ],
  'an unchanged value is validated like a new one': [
    {
      file: 'mongoose/write/refused.ts',
      text: 'const still = stored ? (await judgeChange(target, stored, entries)).refused : paths',
      instead: 'const still = paths',
    },
  ],
  'a null parent is a conflict': [
    {
      file: 'mongoose/write/refused.ts',
      text: 'if (by.code !== PATH_NOT_VIABLE) return undefined',
      instead: 'return undefined',
    },
  ],
  'encrypted values are compared by their ciphertext': [
    {
      file: 'mongoose/write/compare-stored.ts',
      text: 'if (isUntouched(target, stored, path, incoming.at)) return true',
      instead: '',
    },
  ],
}
