import { docsOf } from '../errors'
import type { ResourceName } from '../events/events'
import type { StoreLocation } from './write'

/** Names of all checks of `diagnose` and `doctor`. Each has a page in docs/errors. */
export const findingChecks = [
  'addresses',
  'app_database',
  'body_limit',
  'body_parser',
  'clerk_instance',
  'clerk_key',
  'clock_clerk',
  'clock_database',
  'config',
  'database',
  'database_name',
  'delivery_log',
  'delivery_log_indexes',
  'elsewhere',
  'external_id_index',
  'forgery',
  'id_index',
  'middleware',
  'mongoose',
  'node',
  'old_deletions',
  'owners_index',
  'package',
  'probe',
  'project',
  'publishable_key',
  'route',
  'route_file',
  'rules',
  'schema',
  'signing_secret',
  'status_indexes',
  'svix',
  'tombstones',
  'unfilled_paths',
  'value_indexes',
  'writes',
] as const

/** Name of a check of `diagnose` or `doctor`. */
export type FindingCheck = (typeof findingChecks)[number]

/** Result of one check. */
export interface Finding {
  /** The check that was made: `signing_secret`, `database`, `id_index`, … */
  check: FindingCheck
  /**
   * `problem`: deliveries or jobs will fail. `warning`: some users or fields are affected. `skipped`: the check could
   * not run.
   */
  verdict: 'ok' | 'warning' | 'problem' | 'skipped'
  /** What the check found, as text for people. Contains no secrets or addresses. */
  message: string
  /** How to fix it. */
  remedy?: string
  /** The resource concerned, if it is not users. `message` begins with it. */
  resource?: ResourceName
  /** The schema path concerned, if there is one. */
  path?: string
  /** With the check `database`: the location of the users. */
  store?: StoreLocation
  /** Whether this call fixed it. */
  isFixed?: boolean
  /** URL of the page about the check. Absent if the verdict is `ok`. */
  docs?: string
}

/** Whether a check was made and found no problem. */
export const isOk = (findings: readonly Finding[], wanted: FindingCheck): boolean =>
  findings.some(({ check, verdict }) => check === wanted && verdict === 'ok')

/** Adds the URL of the check's page, unless the verdict is `ok`. */
export function withDocs(finding: Finding): Finding {
  return finding.verdict === 'ok' ? finding : { ...finding, docs: docsOf(finding.check) }
}

/**
 * Runs a check. An error becomes a finding with the verdict `problem`.
 * @param remedy How to fix any error that is thrown.
 */
export async function runCheck(
  check: FindingCheck,
  run: () => Promise<Finding | Finding[]>,
  remedy?: string,
): Promise<Finding[]> {
  try {
    return [await run()].flat()
  } catch (error) {
    const message = `The check failed: ${redactedMessage(error)}`
    return [{ check, verdict: 'problem', message, ...(remedy !== undefined && { remedy }) }]
  }
}

/**
 * Connection strings, keys, e-mail addresses and other texts with a user and an `@`, and URLs with a query. Excludes
 * punctuation and brackets that follow.
 */
const confidential =
  /(?:\bmongodb(?:\+srv)?:\/\/\S+?|\b(?:sk|pk|whsec)_\w\S*?|\S+@\S+?|\b[a-z]+:\/\/[^\s?]+\?\S+?)(?=[.,;:!?)\]}'"`]*(?:\s|$))/g

/**
 * An error's message without confidential parts, followed by its cause's message if one of our errors wraps another.
 */
export function redactedMessage(error: unknown): string {
  if (!(error instanceof Error)) return 'A non-Error value was thrown.'
  const { message, cause } = error
  return cause instanceof Error ? `${lineOf(message)} (${lineOf(cause.message)})` : lineOf(message || error.name)
}

/**
 * First line of a message, for output with one line per finding. Removes the values of a document, which MongoDB
 * appends.
 */
function lineOf(message: string): string {
  const line = (message.replace(/dup key:.*/s, '').split('\n')[0] ?? '').replaceAll(confidential, '…')
  return line.length > 400 ? `${line.slice(0, 400)}…` : line
}
