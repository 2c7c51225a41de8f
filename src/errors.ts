/** Why a delivery was refused as not genuine. Answered 400, the code in the body. */
export const verificationCodes = [
  'missing_headers',
  'malformed_headers',
  'timestamp_too_old',
  'timestamp_too_new',
  'no_matching_signature',
  'not_a_clerk_event',
] as const

/** Everything else that can go wrong. The set is closed: a `switch` over it can be exhaustive. */
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

export type WebhookVerificationCode = (typeof verificationCodes)[number]
export type ClerkSyncErrorCode = (typeof syncCodes)[number] | WebhookVerificationCode

/** Address of the page about an error code or a check of `diagnose`. unpkg serves it from the published package. */
export const docsOf = (name: string): string => `https://unpkg.com/clerk-mongo-sync/docs/errors/${name}.md`

/**
 * The one error this library throws: `code` for machines, `message` for people (what happened, what was expected,
 * what to change), `cause` for what lay beneath. Messages never hold a secret, a payload or an e-mail address.
 */
export class ClerkSyncError extends Error {
  override name = 'ClerkSyncError'
  readonly code: ClerkSyncErrorCode
  /** Address of the page that says what the code means and what to do. */
  readonly docs: string

  constructor(code: ClerkSyncErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
    this.docs = docsOf(code)
  }
}

/** A delivery that did not prove to come from Clerk, or proved to and is no Clerk event. */
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
 * Whether `error` is one of ours. Compares name and code, not the class: the ESM and the CommonJS build of this package
 * can meet in one process, and each has a class of its own.
 */
export function isClerkSyncError(error: unknown): error is ClerkSyncError {
  if (!(error instanceof Error)) return false
  return names.has(error.name) && 'code' in error && typeof error.code === 'string' && codes.has(error.code)
}

/**
 * The error of whoever needed the raw body and found it gone.
 * @param what How it went, as the beginning of a sentence.
 * @param remedy Which line to move, where that is known.
 */
export function rawBodyUnavailable(
  what: string,
  remedy = 'Give the body exactly as it arrived, as text or bytes.',
): ClerkSyncError {
  return new ClerkSyncError(
    'raw_body_unavailable',
    `${what}, and a signature can only be checked on the raw body. ${remedy}`,
  )
}

/**
 * The error for a model that lost the plugin, since its schema was made by another copy of mongoose.
 * @param version The version of the model's mongoose.
 * @param other The version of the schema's, where that is known.
 */
export function otherMongoose(modelName: string, version = 'one version', other = 'version unknown'): ClerkSyncError {
  return new ClerkSyncError(
    'schema_unfit',
    `The model ${modelName} is made by one copy of mongoose (${version}) and its schema by another (${other}), and clerkSyncPlugin is ` +
      'lost between the two. Make both with one: install mongoose once (`npm ls mongoose`), or give clerkModel the mongoose, or the ' +
      "connection, that the schema's belongs to as its third argument.",
  )
}
