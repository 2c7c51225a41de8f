import type { Edit } from './edited'

/** Mistakes that this library could make, each as the one change of its sources that makes it. */
export const plantedBugs: Record<string, Edit> = {
  'no guard: whatever comes last wins': {
    file: 'mongoose/write/plan.ts',
    text: '[paths.clerkUpdatedAt]: { $not: fromApi ? { $gt: at } : { $gte: at } },',
    instead: '',
  },
  'no tombstone: nobody knows of a deletion without a document': {
    file: 'mongoose/deletion/tombstones.ts',
    text: '{ upsert: true, ...durable, ...within(context) },',
    instead: '{ ...durable, ...within(context) },',
  },
  'no look after an insert: a late one brings a deleted user back': {
    file: 'mongoose/write/guarded-write.ts',
    text: "const needsCheck = attempt.kind !== 'updated' || mayBeRemoved",
    instead: 'const needsCheck = mayBeRemoved',
  },
  'no conflict handling: a value that is taken is a conflict': {
    file: 'mongoose/write/collision.ts',
    text: '  const holder = await findHolder(collision, index)\n',
    instead: '  const holder = await findHolder(collision, index)\n  if (holder) return conflict(hostRule(path))\n',
  },
  'hooks before the write: they run for events that change nothing': {
    file: 'sync/sync-event.ts',
    text: '  const {\n    due = [],',
    instead:
      "  if (hook) await runHook(hook, { event, user: null, outcome: 'updated', changes: undefined, messageId }, deadline)\n  const {\n    due = [],",
  },
  'hooks without a mark: one that throws never runs again': {
    file: 'sync/sync-event.ts',
    text: 'if (!isDue(event, messageId, due, result.outcome)) return',
    instead: 'if (!applied.includes(result.outcome)) return',
  },
  'a deletion owes nothing that the process does not know which applies it': {
    file: 'mongoose/deletion/owed.ts',
    text: 'return [message ?? DELETED, ON_DELETE_DUE]',
    instead: 'return message === undefined ? [] : [message]',
  },
  'a tombstone knows no model: the first to be told takes the hook from the other': {
    file: 'mongoose/deletion/owed.ts',
    text: 'return model.collection.collectionName.replace(/[%.]/g, encoded)',
    instead: 'return model.db.name.replace(/[%.]/g, encoded)',
  },
  'a weaker rule stands: what it left is never erased': {
    file: 'mongoose/deletion/delete.ts',
    text: 'return erased.isFound || isFirst ? erased : completeErasure(target, clerkId, context)',
    instead: 'return erased',
  },
  'a finished message leaves its mark again where it looks like a tie': {
    file: 'mongoose/write/standing-outcome.ts',
    text: 'const isFinished = isExplained || (await context.isFinished?.())',
    instead: 'const isFinished = isExplained',
  },
}
