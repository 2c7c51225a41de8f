import { docsOf } from '../errors'
import type { StoreLocation } from './write'

/** All checks of `diagnose` and `doctor`. Each has a page in docs/errors. */
export const findingChecks = [
  'addresses',
  'app_database',
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
  'package',
  'probe',
  'project',
  'publishable_key',
  'route',
  'rules',
  'schema',
  'signing_secret',
  'svix',
  'tombstones',
  'unfilled_paths',
  'value_indexes',
  'writes',
] as const

export type FindingCheck = (typeof findingChecks)[number]

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: `signing_secret`, `database`, `id_index`, … */
  check: FindingCheck
  /** `problem`: deliveries or jobs will fail. `warning`: some users or fields will suffer. `skipped`: could not be looked at. */
  verdict: 'ok' | 'warning' | 'problem' | 'skipped'
  /** What was found, for people. Never a secret or an address. */
  message: string
  /** What to do about it. */
  remedy?: string
  /** The schema path that it is about, where there is one. */
  path?: string
  /** With the check `database`: where the users are. */
  store?: StoreLocation
  /** Whether this call mended it. */
  isFixed?: boolean
  /** Address of the page about the check; absent if the verdict is `ok`. */
  docs?: string
}

/** Whether a check was made and found nothing wrong. */
export const isOk = (findings: readonly Finding[], wanted: FindingCheck): boolean =>
  findings.some(({ check, verdict }) => check === wanted && verdict === 'ok')

/** The finding with the address of its page, unless the verdict is `ok`. */
export function withDocs(finding: Finding): Finding {
  return finding.verdict === 'ok' ? finding : { ...finding, docs: docsOf(finding.check) }
}

/**
 * Looks at something: what the look throws is a finding as well.
 * @param remedy For whatever is thrown.
 */
export async function lookAt(
  check: FindingCheck,
  look: () => Promise<Finding | Finding[]>,
  remedy?: string,
): Promise<Finding[]> {
  try {
    return [await look()].flat()
  } catch (error) {
    const message = `This could not be looked at: ${told(error)}`
    return [{ check, verdict: 'problem', message, ...(remedy !== undefined && { remedy }) }]
  }
}

/**
 * Connection strings, keys, e-mail addresses and whatever else has a user and an `@`, addresses with a query; without what closes
 * the sentence or the bracket they stand in.
 */
const confidential =
  /(?:\bmongodb(?:\+srv)?:\/\/\S+?|\b(?:sk|pk|whsec)_\w\S*?|\S+@\S+?|\b[a-z]+:\/\/[^\s?]+\?\S+?)(?=[.,;:!?)\]}'"`]*(?:\s|$))/g

/** An error's message without what must not be told; its cause's as well, where one of ours wraps another. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown.'
  const { message, cause } = error
  return cause instanceof Error ? `${lineOf(message)} (${lineOf(cause.message)})` : lineOf(message || error.name)
}

/** Whoever calls has a line for it, not a page; and the values of a document would stand at the end. */
function lineOf(message: string): string {
  const line = (message.replace(/dup key:.*/s, '').split('\n')[0] ?? '').replaceAll(confidential, '…')
  return line.length > 400 ? `${line.slice(0, 400)}…` : line
}
