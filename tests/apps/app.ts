import type { ClerkUserJSON } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import type { Schema } from 'mongoose'

/** The `User` model of an app, and the results that its developer expects of the plugin. */
export interface App {
  /** The kind of app, and the special features of its schema. */
  name: string
  /** Returns a new schema at each call. */
  schema(): Schema
  /** The options of the plugin. */
  options?: ClerkSyncPluginOptions
  /** Raw values of the schema's defaults in a new document, by path. */
  defaults?: Record<string, unknown>
  /** Raw values besides the profile that `mapUser` returns, by path. */
  mapped?(user: ClerkUserJSON): Record<string, unknown>
  /** Paths whose stored value differs at each write, although the app reads the same value. */
  encoded?: readonly string[]
  /** Encoded paths that cannot be read back. */
  opaque?: readonly string[]
  /** Immutable paths. */
  immutable?: readonly string[]
  /** Paths that the app derives from personal data. The app must erase them. */
  derived?: readonly string[]
  /** Required paths because of which a user without e-mail address and name is not stored. If missing, such a user is. */
  needs?: readonly string[]
  /** Paths that the app's `save` middleware fills, which does not run for our writes. */
  filledBySave?: readonly string[]
  /** The values of a document from an older version of the app, besides Clerk's id. */
  legacy?: Record<string, unknown>
  /** The values that the app sets to hide a document from its own queries. */
  hidden?: Record<string, unknown>
  /** The app's document from before the user exists in Clerk. Present if `linkBy` is set. */
  invited?(email: string): Record<string, unknown>
  /** A path owned by MongoDB, its key in `public_metadata`, and a value for it. */
  owned?: { path: string; key: string; value: unknown }
}

/** Our names of the profile paths. */
export const profileNames = ['email', 'username', 'firstName', 'lastName', 'imageUrl'] as const

/** The app's name for one of our paths. */
export function pathOf(app: App, name: keyof NonNullable<ClerkSyncPluginOptions['paths']>): string {
  return app.options?.paths?.[name] ?? name
}

/** The value at a dotted path of a raw document. */
export function dig(doc: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], doc)
}

/** Whether a unique index of the schema contains the path of the e-mail address or username. */
export function isUnique(app: App, name: 'email' | 'username'): boolean {
  return uniqueIndexWith(app, name) !== undefined
}

/** The other paths of the unique index on the e-mail address, with their defaults. */
export function besideEmail(app: App): Record<string, unknown> {
  const schema = app.schema()
  const others = Object.keys(uniqueIndexWith(app, 'email') ?? {}).filter((path) => path !== pathOf(app, 'email'))
  return Object.fromEntries(others.map((path) => [path, schema.path(path)?.options.default]))
}

function uniqueIndexWith(app: App, name: 'email' | 'username'): object | undefined {
  const path = pathOf(app, name)
  return app
    .schema()
    .indexes()
    .find(([keys, options]) => options?.unique === true && path in keys)?.[0]
}

/** Whether the app reads Clerk's value at the path. */
export function isReadable(app: App, path: string): boolean {
  return !app.opaque?.includes(path) && !app.immutable?.includes(path)
}

/** Whether the raw document has Clerk's value at the path. */
export function isPlain(app: App, path: string): boolean {
  return isReadable(app, path) && !app.encoded?.includes(path)
}
