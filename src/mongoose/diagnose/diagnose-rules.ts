import type { ClerkUserJSON } from '../../events/events'
import { sampleUsers, twinOf } from '../../map/sample-users'
import type { StoreDiagnoseContext } from '../../store/clerk-store'
import { type Finding, redactedMessage } from '../../store/finding'
import type { WriteContext } from '../../store/write'
import { checkServerIndexes } from '../check/check-schema'
import { countsMissing } from '../schema/fields'
import { durable, fromPrimary, schemaOf, type Target, toIncoming, within } from '../target/target'
import { upsertFromClerk } from '../write/guarded-write'
import { planWrite } from '../write/plan'
import { listIndexes } from '../write/ready'
import { RetryState } from '../write/retry-state'
import { removeUnstored } from '../write/unstored'

/**
 * Tries the real rules on sample users, including async validators and the server's unique indexes. With `probe`,
 * stores two users of each kind and removes them.
 */
export async function diagnoseRules(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const write: WriteContext = {
    ...context.rules,
    ...(context.deadline !== undefined && { deadline: context.deadline }),
  }
  // Omits what start-up already found in the schema; the server's index may be older than the schema.
  const textOf = (key: object, index: Parameters<typeof countsMissing>[0]) =>
    `${Object.keys(key).join()} ${countsMissing(index)}`
  const declared = schemaOf(target.model)
    .indexes()
    .map(([key, { sparse = false, partialFilterExpression }]) => textOf(key, { sparse, partialFilterExpression }))
  const indexes = (await listIndexes(target, write)).filter((index) => {
    return index.unique && !declared.includes(textOf(index.key, index))
  })
  const found: Finding[] = checkServerIndexes(
    target,
    context.rules,
    indexes.map(({ name, key, sparse, partialFilterExpression }) => ({ name, key, sparse, partialFilterExpression })),
  ).map((one) => ({ ...one, check: 'rules', message: `${one.path}: ${one.message}.` }))
  for (const user of sampleUsers.map(fresh)) found.push(...(await tryInMemory(target, user, write)))
  if (context.probe) found.push(...(await tryByInsert(target, write)))
  return found.length > 0 ? found : [{ check: 'rules', verdict: 'ok', message: tried(context.probe) }]
}

const tried = (probe: boolean): string =>
  probe
    ? 'Sample users were stored with the rules of the schema, and removed.'
    : 'The rules of the schema accept sample users.'

/** A sample that shares no value with a stored user. */
const fresh = (user: ClerkUserJSON): ClerkUserJSON => twinOf(user, crypto.randomUUID().replaceAll('-', '').slice(0, 12))

async function tryInMemory(target: Target, user: ClerkUserJSON, context: WriteContext): Promise<Finding[]> {
  const check = 'rules'
  try {
    const incoming = toIncoming(target, user, context)
    const { refused } = await planWrite(target, incoming, new RetryState(target, incoming), context)
    return refused
      .filter((path) => incoming.values.get(path) !== undefined)
      .map((path) => ({
        check,
        verdict: 'warning',
        path,
        message: `${path}: the schema refuses the value of a sample user. Users with such values become conflicts.`,
        remedy: 'Check the validators of the path. They must accept the values that Clerk has.',
      }))
  } catch (error) {
    const remedy =
      'Change this code to work for a document that is not stored yet. Until then, deliveries fail and are retried.'
    return [{ check, verdict: 'problem', message: redactedMessage(error), remedy }]
  }
}

async function tryByInsert(target: Target, context: WriteContext): Promise<Finding[]> {
  const users = sampleUsers.flatMap((user) => [fresh(user), fresh(user)])
  const found: Finding[] = []
  try {
    for (const user of users) found.push(...(await store(target, user, context)))
  } finally {
    const own = { [target.idPath]: { $in: users.map(({ id }) => id) } }
    await target.model.collection.deleteMany(own as never, { ...durable, ...within(context) })
    await removeUnstored(
      target,
      users.map(({ id }) => id),
      context,
    )
  }
  return found
}

async function store(target: Target, user: ClerkUserJSON, context: WriteContext): Promise<Finding[]> {
  const check = 'probe'
  try {
    const { outcome, conflict } = await upsertFromClerk(target, user, context)
    if (conflict) {
      const message = `A sample user could not be stored unchanged (${outcome}): ${conflict.message}`
      const remedy = `Check ${conflict.path ?? 'the schema'}: its validators, its unique index, the collection's validator.`
      return [{ check, verdict: 'problem', message, remedy, ...(conflict.path && { path: conflict.path }) }]
    }
    const found = await target.model.collection.findOne(
      { [target.idPath]: user.id },
      { ...fromPrimary, ...within(context) },
    )
    if (found) return []
    return [{ check, verdict: 'problem', message: 'A sample user was written, but has no document.' }]
  } catch (error) {
    return [{ check, verdict: 'problem', message: `A sample user could not be stored: ${redactedMessage(error)}` }]
  }
}
