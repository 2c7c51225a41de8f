import type { Schema } from 'mongoose'

/** Schemas of any document type: their generics are invariant, so a plugin can only ask for the methods it uses. */
export type HostSchema = Pick<
  Schema,
  'path' | 'paths' | 'add' | 'index' | 'indexes' | 'pathType' | 'requiredPaths' | 'options'
> & {
  statics: object
  query: object
  /** Alias to path; not among mongoose's types. */
  aliases?: Record<string, string>
  pre(hooks: string | string[], options: object, fn: (this: never) => void): unknown
  pre(hook: string, fn: (next: unknown, first: unknown, second: unknown) => void): unknown
  /** Emitted when a model is made. */
  on(event: 'init', listener: (model: { schema: HostSchema }) => void): unknown
  discriminatorMapping?: { key: string; isRoot: boolean }
}
