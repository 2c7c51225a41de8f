import type { Schema } from 'mongoose'

/** Schemas of any document type: their generics are invariant, so a plugin can only ask for the methods it uses. */
export type HostSchema = Pick<
  Schema,
  'path' | 'paths' | 'add' | 'index' | 'indexes' | 'pathType' | 'requiredPaths' | 'options'
> & {
  statics: object
  query: object
  discriminatorMapping?: { key: string; isRoot: boolean }
}
