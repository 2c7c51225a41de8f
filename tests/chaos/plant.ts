import type { Edit } from './edited'

/** Planted bugs, each as one edit of the sources. */
export const plantedBugs: Record<string, Edit> = {
  'no guard: the last write wins': {
    file: 'mongoose/write/plan.ts',
    text: '[paths.clerkUpdatedAt]: { $not: fromApi ? { $gt: at } : { $gte: at } },',
    instead: '',
  },
  'no tombstone: the deletion of an unknown user is lost': {
    file: 'mongoose/deletion/tombstones.ts',
    text: '{ upsert: true, ...durable, ...within(context) },',
    instead: '{ ...durable, ...within(context) },',
  },
  'no tombstone check after an insert: a late one restores a deleted user': {
    file: 'mongoose/write/guarded-write.ts',
    text: "const needsCheck = attempt.kind !== 'updated' || mayBeRemoved",
    instead: 'const needsCheck = mayBeRemoved',
  },
  'no collision handling: a taken value is a conflict': {
    file: 'mongoose/write/collision.ts',
    text: '  const holder = await findHolder(collision, index)\n',
    instead: '  const holder = await findHolder(collision, index)\n  if (holder) return conflict(hostRule(path))\n',
  },
  'hooks before the write: they run for events that change nothing': {
    file: 'sync/sync-event.ts',
    text: "  const result = await options.meter.span('write'",
    instead:
      "  await options.hooks.get(event.type)?.({ event, user: null, outcome: 'updated', changes: undefined } as never)\n  const result = await options.meter.span('write'",
  },
  'hooks without a mark: one that throws never runs again': {
    file: 'sync/event-hook.ts',
    text: 'if (!isDue(event, messageId, due, result.outcome)) return',
    instead: 'if (!applied.includes(result.outcome)) return',
  },
  'a deletion keeps pending only the hooks that its process knows': {
    file: 'mongoose/deletion/pending-hooks.ts',
    text: 'return [message ?? deletedType(target), ON_DELETE_DUE]',
    instead: 'return message === undefined ? [] : [message]',
  },
  'a tombstone is not separated by model: one takes the hook of the other': {
    file: 'mongoose/deletion/pending-hooks.ts',
    text: 'return model.collection.collectionName.replace(/[%.]/g, encoded)',
    instead: 'return model.db.name.replace(/[%.]/g, encoded)',
  },
  'a deletion with a weaker onDelete is never completed': {
    file: 'mongoose/deletion/delete.ts',
    text: 'return erased.isFound || isFirst ? erased : completeErasure(target, clerkId, context)',
    instead: 'return erased',
  },
  'a finished message leaves its mark again where it looks like a tie': {
    file: 'mongoose/write/standing-outcome.ts',
    text: 'await (context.isFinished?.() ?? wasApplied(target, incoming, stored))',
    instead: 'wasApplied(target, incoming, stored)',
  },
  'group commit: a delivery gets the answer of another': {
    file: 'mongoose/command/send.ts',
    text: 'const answer = answers[index] as Answer<Result>',
    instead: 'const answer = answers[answers.length - 1 - index] as Answer<Result>',
  },
  'group commit: deliveries are acknowledged before their command is': {
    file: 'mongoose/command/send.ts',
    text: 'const answers = await this.send(together.map(({ item }) => item))',
    instead:
      'if (together.length > 1) for (const { resolve } of together) resolve({ matchedCount: 1, upsertedCount: 0 } as Result)\n      const answers = await this.send(together.map(({ item }) => item))',
  },
}
