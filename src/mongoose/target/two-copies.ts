import mongoose, { type Model } from 'mongoose'
import { ClerkSyncError, otherMongoose } from '../../errors'
import type { ResolvedPluginOptions } from './plugin-options'

/**
 * The options that the plugin left on a model's schema.
 *
 * `mongoose.model` copies a schema of another copy of mongoose: its statics come along, its options do not. `connection.model`
 * takes it as it is, and its middleware never ends where the majors differ.
 * @param given The schema that the model was made from.
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` where model and schema are of two copies of mongoose.
 */
export function pluginOptions(
  model: Model<Record<string, unknown>>,
  given: object = model.schema,
): ResolvedPluginOptions {
  const { modelName, schema, base } = model
  requireSameMajor(modelName, given, model)
  const { clerkSync } = schema.options as { clerkSync?: ResolvedPluginOptions }
  if (clerkSync) return clerkSync
  if ('upsertFromClerk' in schema.statics) throw otherMongoose(modelName, base.version, baseOf(given).version)
  throw new ClerkSyncError('plugin_missing', `The schema of ${modelName} does not carry clerkSyncPlugin.`)
}

/**
 * Refuses a schema that was made by another major of mongoose than the model.
 * @param owner The model, or the mongoose or connection that it is made with.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function requireSameMajor(modelName: string, schema: object, owner: object): void {
  const [theirs, ours] = [baseOf(schema).version, baseOf(owner).version]
  if (theirs && ours && theirs.split('.')[0] !== ours.split('.')[0]) throw otherMongoose(modelName, ours, theirs)
}

/** The copy of mongoose that made something: each leaves itself on its schemas, too, which its types do not say. */
const baseOf = (made: { base?: { version?: string }; version?: string }): { version?: string } => made.base ?? made

/**
 * Refuses a model whose mongoose was never connected while another copy is: its commands would wait until the time is up.
 * @throws {ClerkSyncError} `database_failed`.
 */
export function requireConnectedCopy({ modelName, base, db }: Model<Record<string, unknown>>): void {
  const { connected, disconnected } = mongoose.ConnectionStates
  const wasNeverConnected = db.readyState === disconnected && (db.getClient() ?? undefined) === undefined
  if (base === mongoose || !wasNeverConnected || mongoose.connection.readyState !== connected) return
  throw new ClerkSyncError(
    'database_failed',
    `The model ${modelName} belongs to one copy of mongoose (${base.version}), and another (${mongoose.version}) is connected. ` +
      "Connect the model's: connectOnce(uri, { mongoose }) with the mongoose that the app imports, or install one copy alone (`npm ls mongoose`).",
  )
}
