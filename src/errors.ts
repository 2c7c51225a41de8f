/** Codes of deliveries refused as not genuine. The response is 400 with the code in its body. */
export const verificationCodes = [
  'missing_headers',
  'malformed_headers',
  'timestamp_too_old',
  'timestamp_too_new',
  'no_matching_signature',
  'not_a_clerk_event',
] as const

/** Codes of all other errors. The set is closed, so a `switch` over it can be exhaustive. */
export const syncCodes = [
  'secret_missing',
  'secret_malformed',
  'raw_body_unavailable',
  'body_too_large',
  'invalid_clerk_user',
  'id_mismatch',
  'plugin_missing',
  'schema_unfit',
  'index_missing',
  'conflict',
  'contention',
  'hook_failed',
  'host_code_failed',
  'timed_out',
  'database_failed',
  'database_mismatch',
  'clerk_key_missing',
  'clerk_key_invalid',
  'clerk_instance_mismatch',
  'clerk_unreachable',
  'clerk_api_failed',
  'push_refused',
  'push_contested',
  'registration_refused',
  'job_running',
  'store_unfit',
  'invalid_option',
] as const

/** Code of a `WebhookVerificationError`. */
export type WebhookVerificationCode = (typeof verificationCodes)[number]
/** Code of a `ClerkSyncError`. Each has a page in docs/errors. */
export type ClerkSyncErrorCode = (typeof syncCodes)[number] | WebhookVerificationCode

/** URL of the page about an error code or a check of `diagnose`. unpkg serves it from the published package. */
export const docsOf = (name: string): string => `https://unpkg.com/clerk-mongo-sync/docs/errors/${name}.md`

/**
 * Base class of the errors this library throws: `code` for programs, `message` for people (what happened, what was
 * expected, what to change), `cause` for the underlying error. Messages never contain a secret, a payload or an e-mail
 * address.
 */
export class ClerkSyncError extends Error {
  override name = 'ClerkSyncError'
  /** Stable identifier of the error. */
  readonly code: ClerkSyncErrorCode
  /** URL of the page that explains the code and its fix. */
  readonly docs: string

  constructor(code: ClerkSyncErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.docs = docsOf(code)
  }
}

/** Thrown for a delivery whose signature could not be verified, or whose body is no Clerk event. */
export class WebhookVerificationError extends ClerkSyncError {
  override name = 'WebhookVerificationError'
  declare readonly code: WebhookVerificationCode

  constructor(code: WebhookVerificationCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options)
  }
}

const names = new Set(['ClerkSyncError', 'WebhookVerificationError'])
const codes = new Set<string>([...syncCodes, ...verificationCodes])

/**
 * Returns whether `error` comes from this library. Compares name and code instead of the class, because the ESM and the
 * CommonJS build have separate classes and can both be loaded in one process.
 *
 * @example
 * if (isClerkSyncError(error) && error.code === 'job_running') return
 */
export function isClerkSyncError(error: unknown): error is ClerkSyncError {
  if (!(error instanceof Error)) return false
  return names.has(error.name) && 'code' in error && typeof error.code === 'string' && codes.has(error.code)
}

/** The code of an error for logs, metrics and alerts: `unexpected` if it is not one of this library's. */
export const errorCodeOf = (error: unknown): string => (isClerkSyncError(error) ? error.code : 'unexpected')

/**
 * Creates the error for a raw body that can no longer be read.
 * @param what What happened to the body, as the beginning of a sentence.
 * @param remedy Which line to move, if known.
 */
export function rawBodyUnavailable(
  what: string,
  remedy = 'Pass the body exactly as received, as text or bytes.',
): ClerkSyncError {
  return new ClerkSyncError(
    'raw_body_unavailable',
    `${what}. A signature can only be verified against the raw body. ${remedy}`,
  )
}

/**
 * Creates the error for a model without the plugin because another copy of mongoose created its schema.
 * @param version Version of the model's mongoose.
 * @param other Version of the schema's mongoose, if known.
 */
export function otherMongoose(modelName: string, version = 'one version', other = 'version unknown'): ClerkSyncError {
  return new ClerkSyncError(
    'schema_unfit',
    `The model ${modelName} was created by one copy of mongoose (${version}) and its schema by another (${other}), so clerkSyncPlugin ` +
      'has no effect. Use one copy for both: install mongoose once (`npm ls mongoose`), or pass the mongoose or the connection of the ' +
      'schema to clerkModel as its third argument.',
  )
}
