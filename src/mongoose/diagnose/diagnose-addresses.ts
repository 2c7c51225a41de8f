import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { findDuplicates } from '../bulk/duplicates'
import type { Target } from '../target/target'

/** Addresses after which counting stops. */
const ENOUGH = 100

/**
 * Finds documents with one e-mail address in different spellings: a local account that was not linked, or a user stored
 * twice.
 */
export async function diagnoseAddresses(target: Target, context: StoreDiagnoseContext): Promise<Finding> {
  const check = 'addresses'
  const clerkIds: string[] = []
  let groups = 0
  for await (const group of findDuplicates(target, context)) {
    clerkIds.push(...group.clerkIds)
    if (++groups === ENOUGH) break
  }
  if (groups === 0) return { check, verdict: 'ok', message: 'No two documents share an e-mail address, ignoring case.' }
  const many = groups === ENOUGH ? `${ENOUGH} or more` : String(groups)
  return {
    check,
    verdict: 'warning',
    path: target.paths.email,
    message: `${many} e-mail addresses are in several documents each, ignoring case. Clerk ids: ${clerkIds.slice(0, 10).join(', ')}.`,
    remedy:
      `Set lowercase: true on ${target.paths.email} in the schema, and merge documents of one person. linkBy links a local account ` +
      'when its user is first stored.',
  }
}
