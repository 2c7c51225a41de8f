import type { Schema } from 'mongoose'

/** A schema with any document type. mongoose's generics are invariant, so the type lists only the methods used. */
export type HostSchema = Pick<
  Schema,
  'path' | 'paths' | 'add' | 'index' | 'indexes' | 'pathType' | 'requiredPaths' | 'options' | 'virtual'
> & {
  statics: object
  query: object
  /** Aliases and their paths; not in mongoose's types. */
  aliases?: Record<string, string>
  pre(hooks: string | string[], options: object, fn: (this: never) => void): unknown
  pre(hook: string, fn: (next: unknown, first: unknown, second: unknown) => void): unknown
  /** Emitted when a model is created. */
  on(event: 'init', listener: (model: { schema: HostSchema }) => void): unknown
  discriminatorMapping?: { key: string; isRoot: boolean }
}
