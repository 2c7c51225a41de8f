import type { ClerkResourceJSON } from '../../events/events'
import type { StoreDiagnoseContext } from '../../store/clerk-store'
import { type Finding, redactedMessage } from '../../store/finding'
import type { WriteContext } from '../../store/write'
import { checkServerIndexes } from '../check/check-schema'
import { countsMissing } from '../schema/needed-paths'
import { durable, fromPrimary, schemaOf, type Target, toIncoming, within } from '../target/target'
import { planWrite, upsertFromClerk } from '../write/guarded-write'
import { listIndexes } from '../write/ready'
import { removeUnstored } from '../write/unstored'

/**
 * Tries the real rules on samples, including async validators and the server's unique indexes. With `probe`,
 * stores two of each kind and removes them.
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
  for (const sample of freshSamples(target)) found.push(...(await tryInMemory(target, sample, write)))
  if (context.probe) found.push(...(await tryByInsert(target, write)))
  return found.length > 0 ? found : [{ check: 'rules', verdict: 'ok', message: tried(target, context.probe) }]
}

function tried({ options: { entity } }: Target, probe: boolean): string {
  return probe
    ? `Sample ${entity.name}s were stored with the rules of the schema, and removed.`
    : `The rules of the schema accept sample ${entity.name}s.`
}

/** Samples that share no value with anything stored. */
const freshSamples = ({ options: { entity } }: Target): ClerkResourceJSON[] =>
  entity.samples.map((sample) => entity.twinOf(sample, crypto.randomUUID().replaceAll('-', '').slice(0, 12)))

async function tryInMemory(target: Target, sample: ClerkResourceJSON, context: WriteContext): Promise<Finding[]> {
  const check = 'rules'
  const { name } = target.options.entity
  try {
    const incoming = toIncoming(target, sample, context)
    const { refused } = await planWrite(target, incoming, undefined, context)
    return refused
      .filter((path) => incoming.values.get(path) !== undefined)
      .map((path) => ({
        check,
        verdict: 'warning',
        path,
        message: `${path}: the schema refuses the value of a sample ${name}. ${capitalized(name)}s with such values become conflicts.`,
        remedy: 'Check the validators of the path. They must accept the values that Clerk has.',
      }))
  } catch (error) {
    const remedy =
      'Change this code to work for a document that is not stored yet. Until then, deliveries fail and are retried.'
    return [{ check, verdict: 'problem', message: redactedMessage(error), remedy }]
  }
}

const capitalized = (name: string) => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

async function tryByInsert(target: Target, context: WriteContext): Promise<Finding[]> {
  const samples = [...freshSamples(target), ...freshSamples(target)]
  const found: Finding[] = []
  try {
    for (const sample of samples) found.push(...(await store(target, sample, context)))
  } finally {
    const own = { [target.idPath]: { $in: samples.map(({ id }) => id) } }
    await target.model.collection.deleteMany(own as never, { ...durable, ...within(context) })
    await removeUnstored(
      target,
      samples.map(({ id }) => id),
      context,
    )
  }
  return found
}

async function store(target: Target, sample: ClerkResourceJSON, context: WriteContext): Promise<Finding[]> {
  const check = 'probe'
  const { name } = target.options.entity
  try {
    const { outcome, conflict } = await upsertFromClerk(target, sample, context)
    if (conflict) {
      const message = `A sample ${name} could not be stored unchanged (${outcome}): ${conflict.message}`
      const remedy = `Check ${conflict.path ?? 'the schema'}: its validators, its unique index, the collection's validator.`
      return [{ check, verdict: 'problem', message, remedy, ...(conflict.path && { path: conflict.path }) }]
    }
    const found = await target.model.collection.findOne(
      { [target.idPath]: sample.id },
      { ...fromPrimary, ...within(context) },
    )
    if (found) return []
    return [{ check, verdict: 'problem', message: `A sample ${name} was written, but has no document.` }]
  } catch (error) {
    return [{ check, verdict: 'problem', message: `A sample ${name} could not be stored: ${redactedMessage(error)}` }]
  }
}
