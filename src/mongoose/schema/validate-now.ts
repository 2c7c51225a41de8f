import type { Error as MongooseErrors } from 'mongoose'
import type { Candidate } from './candidate'

/** Not among mongoose's types. */
interface Validating {
  $__validateSync?(): MongooseErrors.ValidationError | null | undefined
}

/**
 * `validateSync()` without the deprecation warning that mongoose 9 prints at each call: start-up cannot wait for `validate()`.
 * Checked with mongoose 8.24, which has the public method alone, and 9.12.
 */
export function validateNow(doc: Candidate): MongooseErrors.ValidationError | null {
  const { $__validateSync } = doc as Validating
  return ($__validateSync ? $__validateSync.call(doc) : doc.validateSync()) ?? null
}
