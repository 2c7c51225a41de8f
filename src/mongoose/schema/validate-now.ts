import type { HydratedDocument, Error as MongooseErrors } from 'mongoose'
import type { AnyDoc } from '../target/target'

/** Not in mongoose's types. */
interface Validating {
  $__validateSync?(): MongooseErrors.ValidationError | null | undefined
}

/**
 * `validateSync()` without the deprecation warning that mongoose 9 prints at each call, for start-up, which cannot
 * await `validate()`. Checked with mongoose 8.24, which has only the public method, and 9.12.
 */
export function validateNow(doc: HydratedDocument<AnyDoc>): MongooseErrors.ValidationError | null {
  const { $__validateSync } = doc as Validating
  return ($__validateSync ? $__validateSync.call(doc) : doc.validateSync()) ?? null
}
