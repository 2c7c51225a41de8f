import { isClerkSyncError } from '../errors'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { StoreDiagnosis } from '../store/clerk-store'
import { connectStore } from '../store/connect-store'
import { connectionStringName } from '../store/connection-string'
import { type Finding, redactedMessage, runCheck, withDocs } from '../store/finding'
import type { StoreLocation } from '../store/write'
import { withDeadline } from '../time/deadline'
import { resolveSecrets } from '../webhook/verify'
import { diagnoseClerk } from './check-clerk'
import { clockFinding } from './check-clock'
import { diagnoseOldDeletions } from './check-old-deletions'
import { withoutContradictions } from './without-contradictions'

export type { Finding } from '../store/finding'

/** Options of `diagnose()`. */
export interface DiagnoseOptions {
  /**
   * Fix what can be fixed without losing data: build missing indexes, and turn users that an older scheme marked as
   * deleted into deletions, if Clerk no longer has them. @default false
   */
  fix?: boolean
  /**
   * Store sample users with the real rules, middleware and indexes, and remove them again. The app's middleware runs
   * for them.
   * @default false
   */
  probe?: boolean
  /** How long to wait for the connection, in milliseconds. @default `timeoutMs` */
  connectTimeoutMs?: number
}

/** Time limit for reading a large collection. */
const STORE_MS = 60_000

/** Implements `ClerkSync.diagnose`. */
export async function diagnose(resolved: ResolvedClerkSyncOptions, options: DiagnoseOptions = {}): Promise<Finding[]> {
  const { fix = false, probe = false } = options
  const [store, clerk] = await Promise.all([diagnoseStore(resolved, options), diagnoseClerk(resolved)])
  const { oldDeletions } = store
  const findings = [
    ...diagnoseSecret(resolved),
    ...store.findings,
    ...diagnoseSchema(resolved),
    ...(oldDeletions ? await runCheck('old_deletions', () => diagnoseOldDeletions(resolved, oldDeletions, fix)) : []),
    ...(store.serverTime ? [clockFinding('clock_database', "MongoDB's", store.serverTime)] : []),
    ...clerk,
  ]
  return withoutContradictions(findings, probe).map(withDocs)
}

function diagnoseSecret({ signingSecret }: ResolvedClerkSyncOptions): Finding[] {
  const check = 'signing_secret'
  try {
    const { length } = resolveSecrets(signingSecret)
    const message =
      length === 1 ? 'The signing secret is set and well formed.' : `${length} signing secrets are set and well formed.`
    return [{ check, verdict: 'ok', message }]
  } catch (error) {
    const remedy =
      "Copy it from Clerk's dashboard (Webhooks, your endpoint, Signing Secret) into CLERK_WEBHOOK_SIGNING_SECRET."
    return [{ check, verdict: 'problem', message: redactedMessage(error), remedy }]
  }
}

async function diagnoseStore(
  resolved: ResolvedClerkSyncOptions,
  { fix = false, probe = false, connectTimeoutMs: timeoutMs = resolved.timeoutMs }: DiagnoseOptions,
): Promise<StoreDiagnosis> {
  const { store, logger, deliveries, rules } = resolved
  const check = 'database'
  let where: StoreLocation | undefined
  try {
    where = await connectStore(resolved, { timeoutMs })
  } catch (error) {
    // Our own error already contains the driver's reason.
    const message = isClerkSyncError(error) ? error.message : redactedMessage(error)
    return { findings: [{ check, verdict: 'problem', message, remedy: connectRemedy(error) }] }
  }
  try {
    if (!store.diagnose) {
      const message = 'The store given as `users` has no diagnose(), so the database was not checked.'
      return { findings: [{ check, verdict: 'skipped', message }] }
    }
    const deadline = Date.now() + STORE_MS
    const work = store.diagnose({ fix, probe, rules, deadline, logger, ...(deliveries && { deliveries }) })
    const { findings, ...rest } = await withDeadline(deadline, work)
    return { ...rest, findings: findings.map((one) => (where && one.check === check ? { ...one, store: where } : one)) }
  } catch (error) {
    return { findings: [{ check, verdict: 'problem', message: redactedMessage(error), remedy: connectRemedy(error) }] }
  }
}

function connectRemedy(error: unknown): string {
  if (isClerkSyncError(error) && error.code === 'timed_out') {
    return 'MongoDB Atlas must allow the IP address of this machine (Network Access). Your own server must run and be reachable from here.'
  }
  return `Check \`connect\` and ${connectionStringName()}: format, database, user and password.`
}

/** The findings that start-up logs about the schema. */
function diagnoseSchema({ store, rules }: ResolvedClerkSyncOptions): Finding[] {
  const check = 'schema'
  if (!store.checkSchema) return []
  try {
    const findings = store.checkSchema(rules)
    if (findings.length === 0) return [{ check, verdict: 'ok', message: 'The schema accepts the values of mapUser.' }]
    return findings.map((one) => ({ ...one, message: `${one.path ? `${one.path}: ` : ''}${one.message}.` }))
  } catch (error) {
    return [{ check, verdict: 'problem', message: redactedMessage(error) }]
  }
}
