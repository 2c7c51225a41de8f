import type { ClerkUserJSON } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import type { Schema } from 'mongoose'

/** The `User` model of an app, and what its developer expects of the plugin. */
export interface App {
  /** The kind of app, and what is special in its schema. */
  name: string
  /** A new schema at each call. */
  schema(): Schema
  /** What the developer gives to the plugin. */
  options?: ClerkSyncPluginOptions
  /** Raw values of the host's defaults in a new document, by path. */
  defaults?: Record<string, unknown>
  /** Raw values beyond the profile that `mapUser` gives, by path. */
  mapped?(user: ClerkUserJSON): Record<string, unknown>
  /** Paths whose stored value differs at each write, but which the app reads as they were given. */
  encoded?: readonly string[]
  /** Encoded paths that cannot be read back. */
  opaque?: readonly string[]
  /** Paths that are written once. */
  immutable?: readonly string[]
  /** Paths that the host derives from personal data; the host has to erase them. */
  derived?: readonly string[]
  /** The required paths that keep a user without e-mail and name out. Absent: such a user is stored. */
  needs?: readonly string[]
  /** Paths that the app's `save` middleware fills, which does not run for our writes. */
  filledBySave?: readonly string[]
  /** What a row of an older version of the app holds beside Clerk's id. */
  legacy?: Record<string, unknown>
  /** What the app sets to hide a document from its own queries. */
  hidden?: Record<string, unknown>
  /** A row as the app stores it before the user exists at Clerk. Given where `linkBy` is. */
  invited?(email: string): Record<string, unknown>
  /** A path owned by MongoDB, its key in `public_metadata`, and a value for it. */
  owned?: { path: string; key: string; value: unknown }
}

/** Our names of the profile. */
export const profileNames = ['email', 'username', 'firstName', 'lastName', 'imageUrl'] as const

/** The host's name for a path of ours. */
export function pathOf(app: App, name: keyof NonNullable<ClerkSyncPluginOptions['paths']>): string {
  return app.options?.paths?.[name] ?? name
}

/** The value at a dotted path of a raw document. */
export function dig(doc: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], doc)
}

/** Whether a unique index of the schema holds the path of an address or a username. */
export function isUnique(app: App, name: 'email' | 'username'): boolean {
  return uniqueIndexWith(app, name) !== undefined
}

/** The other paths of the unique index of the address, with their defaults. */
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

/** Whether the app reads the path back as Clerk gave it. */
export function isReadable(app: App, path: string): boolean {
  return !app.opaque?.includes(path) && !app.immutable?.includes(path)
}

/** Whether the raw document holds the path as Clerk gave it. */
export function isPlain(app: App, path: string): boolean {
  return isReadable(app, path) && !app.encoded?.includes(path)
}
