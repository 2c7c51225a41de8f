import type { Edit } from '../chaos/edited'

/**
 * Mistakes that this library could make, as the changes of its sources that make them. Three are none of these, and are caught
 * elsewhere: without leases, what two workers at one user do to each other is mended by the events that come of it; not to look at the
 * answer to a push is wrong only where somebody changes the same at Clerk between two requests; and a worker that takes the hook of a
 * deletion away has to be told of it before the webhook, which is rare here and frequent in the chaos of one direction.
 */
export const plantedBugs: Record<string, readonly Edit[]> = {
  'a mark is cleared, whatever was changed since it was read': [
    { file: 'mongoose/push/settle.ts', text: 'if (isMine && isSame)', instead: 'if (isMine)' },
  ],
  'what failed for the moment is given up': [
    { file: 'jobs/push/failed-push.ts', text: 'status < 500 && ', instead: '' },
  ],
  'an event erases what is pending': [
    {
      file: 'mongoose/write/plan.ts',
      text: 'const $unset: AnyDoc = {}',
      instead: 'const $unset: AnyDoc = state.push?.differs ? {} : { [paths.clerkPushToken]: 1 }',
    },
  ],
  'what is changed at Clerk stays, though MongoDB owns it': [
    {
      file: 'mongoose/write/plan.ts',
      text: 'if (push?.differs) Object',
      instead: 'if (Date.now() < 0) Object',
    },
  ],
  'absent counts as none, which Clerk is to have as well': [
    {
      file: 'mongoose/push/opinion.ts',
      text: 'if (isNone(value)) return false',
      instead: 'if (isNone(value)) return true',
    },
  ],
  'nobody gives in where another database means another value': [
    {
      file: 'mongoose/push/queue.ts',
      text: 'isOfEvent(token) && isContested(',
      instead: 'Date.now() < 0 && isContested(',
    },
  ],
  'who is cut off as a worker stops is given up': [
    { file: 'jobs/push/push-round.ts', text: ' && error !== this.#stop.signal.reason', instead: '' },
  ],
}

/** Mistakes that only a schema with rules, middleware and encryption shows. */
export const plantedBeneathRules: Record<string, readonly Edit[]> = {
  'mongoose sends the command, as the middleware has left its filter and errors': [
    {
      file: 'mongoose/command/through-middleware.ts',
      text: 'const answer = await send(update, extraOptions(query))',
      instead:
        "const answer = await Object.getPrototypeOf(query)['_' + operation].call(query.setUpdate(update) ?? query)",
    },
  ],
  'a value that does not change is judged like a new one': [
    {
      file: 'mongoose/write/refused.ts',
      text: 'const still = stored ? (await judgeChange(target, stored, entries)).refused : paths',
      instead: 'const still = paths',
    },
  ],
  'a parent that is null makes a conflict': [
    {
      file: 'mongoose/write/refused.ts',
      text: 'if (by.code !== PATH_NOT_VIABLE) return undefined',
      instead: 'return undefined',
    },
  ],
  'what is stored encrypted is compared as it looks': [
    {
      file: 'mongoose/write/compare-stored.ts',
      text: 'if (isUntouched(target, stored, path, incoming.at)) return true',
      instead: '',
    },
  ],
}
