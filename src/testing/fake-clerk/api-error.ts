/** One error in Clerk's responses. */
export interface ClerkErrorJSON {
  message: string
  long_message: string
  code: string
  meta?: { param_name: string }
}

/**
 * A refusal by the fake Clerk: over HTTP the status and Clerk's error JSON; an exception if a method
 * (`clerk.users.create`, …) is called directly. Codes and messages are those of Clerk's error index.
 * @see https://clerk.com/docs/guides/development/errors/backend-api
 */
export class FakeClerkError extends Error {
  override name = 'FakeClerkError'
  /** HTTP status. */
  readonly status: number
  /** Clerk's error JSON. */
  readonly errors: readonly ClerkErrorJSON[]
  /** Additional response headers, such as `retry-after`. */
  readonly headers: Record<string, string>

  constructor(status: number, error: ClerkErrorJSON, headers: Record<string, string> = {}) {
    super(`Clerk would answer ${status} ${error.code}: ${error.long_message}`)
    this.status = status
    this.errors = [error]
    this.headers = headers
  }
}

const refuse = (status: number, code: string, message: string, long_message = message, param_name?: string) =>
  new FakeClerkError(status, { message, long_message, code, ...(param_name && { meta: { param_name } }) })

/** 404: the object does not exist. */
export const notFound = (what: string, id: string) =>
  refuse(404, 'resource_not_found', 'not found', `No ${what} was found with id ${id}`)

/** 404: the URL does not exist in Clerk's API, or is not imitated. */
export const urlNotFound = () => refuse(404, 'resource_not_found', 'URL not found', 'The URL was not found')

/** 422: a parameter is invalid. */
export const formError = (code: string, param: string, message: string, longMessage?: string) =>
  refuse(422, code, message, longMessage, param)

/** 422: the parameter is unknown. */
export const unknownParameter = (param: string) =>
  formError('form_param_unknown', param, 'is unknown', `${param} is not a valid parameter for this request.`)

/** 422: a required parameter is missing. */
export const missingParameter = (param: string) =>
  formError('form_param_missing', param, 'is missing', `${param} must be included.`)

/** 422: the parameter has the wrong type. */
export const wrongType = (param: string, type: string) =>
  formError('form_param_type_invalid', param, 'is invalid', `\`${param}\` must be a \`${type}\`.`)

/** 422: the parameter has an invalid value. */
export const invalidValue = (param: string, why: string) =>
  formError('form_param_value_invalid', param, 'is invalid', why)

/** 422: the parameter has an invalid format. */
export const invalidFormat = (param: string, expected: string) =>
  formError('form_param_format_invalid', param, 'is invalid', `${param} must be a valid ${expected}.`)

/** 422: another user has the value. */
export const identifierExists = (param: string, what: string) =>
  formError('form_identifier_exists', param, `That ${what} is taken. Please try another.`)

/** 400, for requests that Clerk refuses otherwise. */
export const badRequest = (code: string, message: string, longMessage?: string) =>
  refuse(400, code, message, longMessage)

/** 403, for changes that Clerk does not allow. */
export const forbidden = (code: string, message: string, longMessage?: string) =>
  refuse(403, code, message, longMessage)

/** 401, for a missing or wrong key. */
export const unauthorized = (code: string, message: string, longMessage?: string) =>
  refuse(401, code, message, longMessage)

/** 429, with `Retry-After` in seconds. */
export const tooManyRequests = (retryAfter: number) =>
  new FakeClerkError(
    429,
    { message: 'Too many requests', long_message: 'Too many requests, retry later', code: 'too_many_requests' },
    { 'retry-after': String(retryAfter) },
  )

/** 405, with the allowed methods. */
export const methodNotAllowed = (allowed: readonly string[]) =>
  new FakeClerkError(
    405,
    { message: 'method not allowed', long_message: 'This method is not allowed here.', code: 'method_not_allowed' },
    { allow: allowed.join(', ') },
  )
