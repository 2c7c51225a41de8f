import mongoose, { type Model } from 'mongoose'
import { ClerkSyncError, otherMongoose } from '../../errors'
import type { ResolvedPluginOptions } from './plugin-options'

/**
 * Returns the options that the plugin stored on a model's schema.
 *
 * `mongoose.model` copies a schema of another mongoose: the copy has the statics, but not the options.
 * `connection.model` uses the schema itself, and its middleware never finishes if the major versions differ.
 * @param given The schema that the model was created from.
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` if model and schema belong to two copies of mongoose.
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
  throw new ClerkSyncError(
    'plugin_missing',
    `The schema of ${modelName} does not have clerkSyncPlugin. Add it before you create the model.`,
  )
}

/**
 * Rejects a schema created by another major version of mongoose than the model.
 * @param owner The model, or the mongoose or connection that creates it.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function requireSameMajor(modelName: string, schema: object, owner: object): void {
  const [theirs, ours] = [baseOf(schema).version, baseOf(owner).version]
  if (theirs && ours && theirs.split('.')[0] !== ours.split('.')[0]) throw otherMongoose(modelName, ours, theirs)
}

/** The mongoose that created an object. Schemas have it too, although their types do not show it. */
const baseOf = (made: { base?: { version?: string }; version?: string }): { version?: string } => made.base ?? made

/**
 * Rejects a model whose mongoose was never connected while another copy is: its commands would wait until they time
 * out.
 * @throws {ClerkSyncError} `database_failed`.
 */
export function requireConnectedCopy({ modelName, base, db }: Model<Record<string, unknown>>): void {
  const { connected, disconnected } = mongoose.ConnectionStates
  const wasNeverConnected = db.readyState === disconnected && (db.getClient() ?? undefined) === undefined
  if (base === mongoose || !wasNeverConnected || mongoose.connection.readyState !== connected) return
  throw new ClerkSyncError(
    'database_failed',
    `The model ${modelName} belongs to a copy of mongoose (${base.version}) that is not connected; another copy ` +
      `(${mongoose.version}) is. Call connectOnce(uri, { mongoose }) with the mongoose that your app imports, or install ` +
      'only one copy (npm ls mongoose lists them).',
  )
}
