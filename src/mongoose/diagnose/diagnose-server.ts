import type { mongo } from 'mongoose'
import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { locate } from '../target/location'
import { durable, type Target, within } from '../target/target'

/**
 * Checks that the server responds, and reads its clock, compared with the middle of the request.
 * @throws {ClerkSyncError} `database_failed` if the connection is not open; the driver's errors.
 */
export async function greet(
  { model }: Target,
  context: StoreDiagnoseContext,
): Promise<{ finding: Finding; serverTime: { theirs: Date; ours: Date } | undefined }> {
  const { server, database, collection } = await locate(model)
  const start = Date.now()
  const hello = await (model.db.db as mongo.Db).command({ hello: 1 }, within(context))
  const took = Date.now() - start
  const kind = hello.setName ? 'replica set' : hello.msg === 'isdbgrid' ? 'sharded cluster' : 'single server'
  const message = `MongoDB at ${server} answered in ${took} ms (${kind}). ${model.modelName} uses the collection ${collection} of the database ${database}.`
  const theirs: unknown = hello.localTime
  const serverTime = theirs instanceof Date ? { theirs, ours: new Date(start + took / 2) } : undefined
  return { finding: { check: 'database', verdict: 'ok', message }, serverTime }
}

/** MongoDB's "unauthorized", and Atlas' own code for it. */
const forbidden: readonly unknown[] = [13, 8000]

/**
 * Checks that a write is allowed and acknowledged as all our writes must be. It matches nothing and so changes nothing.
 */
export async function diagnoseWrites({ model }: Target, context: StoreDiagnoseContext): Promise<Finding> {
  try {
    const noDocument = { _id: { $in: [] } }
    await model.collection.updateOne(noDocument, { $set: { _: 1 } }, { ...durable, ...within(context) })
    return { check: 'writes', verdict: 'ok', message: 'Writes are acknowledged by a majority and journaled.' }
  } catch (error) {
    const { code, codeName = 'no name' } = error as { code?: unknown; codeName?: unknown }
    if (forbidden.includes(code)) {
      const message = `The database user may not write to ${model.collection.name}.`
      const remedy = 'Give the user of the connection string the role readWrite on this database.'
      return { check: 'writes', verdict: 'problem', message, remedy }
    }
    return {
      check: 'writes',
      verdict: 'problem',
      message: `A write with { w: 'majority', j: true } was not acknowledged (${code ?? 'no code'}, ${codeName}).`,
      remedy:
        'Every write of this library requires this, so that a user is stored when the response is 2xx. Check that a majority of the replica set is up.',
    }
  }
}
