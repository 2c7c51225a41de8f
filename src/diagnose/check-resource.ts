import { isClerkSyncError } from '../errors'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import type { StoreDiagnosis } from '../store/clerk-store'
import { connectStore } from '../store/connect-store'
import { connectionStringName } from '../store/connection-string'
import { type Finding, redactedMessage, runCheck } from '../store/finding'
import type { StoreLocation } from '../store/write'
import { withDeadline } from '../time/deadline'
import { diagnoseOldDeletions } from './check-old-deletions'
import type { DiagnoseOptions } from './diagnose-options'
import { withoutContradictions } from './without-contradictions'

/** What the checks of a resource found. */
export interface ResourceDiagnosis extends Pick<StoreDiagnosis, 'serverTime'> {
  findings: Finding[]
  /** Whether its database responded. */
  isConnected: boolean
}

/** Time limit for reading a large collection. */
const STORE_MS = 60_000

/** Connects, and checks database, schema and old deletions of one resource. */
export async function diagnoseResource(
  resolved: ResolvedClerkSyncOptions,
  resource: StoredResource,
  options: DiagnoseOptions,
): Promise<ResourceDiagnosis> {
  const { fix = false, probe = false } = options
  const diagnosis = await diagnoseStore(resolved, resource, options)
  const { oldDeletions, serverTime } = diagnosis
  const old = oldDeletions
    ? await runCheck('old_deletions', () => diagnoseOldDeletions(resolved, resource, { find: oldDeletions, fix }))
    : []
  const findings = withoutContradictions([...diagnosis.findings, ...diagnoseSchema(resource), ...old], probe)
  const isConnected = !findings.some(({ check, verdict }) => check === 'database' && verdict === 'problem')
  return { serverTime, isConnected, findings }
}

async function diagnoseStore(
  resolved: ResolvedClerkSyncOptions,
  { name, store, rules }: StoredResource,
  { fix = false, probe = false, connectTimeoutMs: timeoutMs = resolved.timeoutMs }: DiagnoseOptions,
): Promise<StoreDiagnosis> {
  const check = 'database'
  let where: StoreLocation | undefined
  try {
    where = await connectStore({ ...resolved, store }, { timeoutMs })
  } catch (error) {
    // Our own error already contains the driver's reason.
    const message = isClerkSyncError(error) ? error.message : redactedMessage(error)
    return { findings: [{ check, verdict: 'problem', message, remedy: connectRemedy(error) }] }
  }
  try {
    if (!store.diagnose) {
      const message = `The store given as \`${name}s\` has no diagnose(), so the database was not checked.`
      return { findings: [{ check, verdict: 'skipped', message }] }
    }
    const deadline = Date.now() + STORE_MS
    // The delivery log is stored beside the users.
    const deliveries = name === 'user' ? resolved.deliveries : undefined
    const { logger } = resolved
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

const mapOptions = { user: 'mapUser', organization: 'mapOrganization', membership: 'mapMembership' } as const

/** The findings that start-up logs about the schema. */
function diagnoseSchema({ name, store, rules }: StoredResource): Finding[] {
  const check = 'schema'
  if (!store.checkSchema) return []
  try {
    const findings = store.checkSchema(rules)
    if (findings.length === 0)
      return [{ check, verdict: 'ok', message: `The schema accepts the values of ${mapOptions[name]}.` }]
    return findings.map((one) => ({ ...one, message: `${one.path ? `${one.path}: ` : ''}${one.message}.` }))
  } catch (error) {
    return [{ check, verdict: 'problem', message: redactedMessage(error) }]
  }
}
