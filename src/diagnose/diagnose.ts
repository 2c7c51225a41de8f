import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import { type Finding, type FindingCheck, redactedMessage, withDocs } from '../store/finding'
import { resolveSecrets } from '../webhook/verify'
import { diagnoseClerk } from './check-clerk'
import { clockFinding } from './check-clock'
import { diagnoseResource, type ResourceDiagnosis } from './check-resource'
import type { DiagnoseOptions } from './diagnose-options'

export type { Finding } from '../store/finding'
export type { DiagnoseOptions } from './diagnose-options'

/** Implements `ClerkSync.diagnose`. */
export async function diagnose(resolved: ResolvedClerkSyncOptions, options: DiagnoseOptions = {}): Promise<Finding[]> {
  const [stores, clerk] = await Promise.all([diagnoseStores(resolved, options), diagnoseClerk(resolved)])
  const { findings, serverTime } = stores
  return [
    ...diagnoseSecret(resolved),
    ...findings,
    ...(serverTime ? [clockFinding('clock_database', "MongoDB's", serverTime)] : []),
    ...clerk,
  ].map(withDocs)
}

/** Checks of the database rather than of a resource: one finding is enough if the result is the same. */
const shared: readonly FindingCheck[] = ['writes', 'tombstones']

/** Checks one resource after the other, users first: with `fix`, several would build one index at the same time. */
async function diagnoseStores(
  resolved: ResolvedClerkSyncOptions,
  options: DiagnoseOptions,
): Promise<Pick<ResourceDiagnosis, 'findings' | 'serverTime'>> {
  const [users, ...others] = resolved.resources.values()
  if (!users) return { findings: [], serverTime: undefined }
  const { findings, serverTime, isConnected } = await diagnoseResource(resolved, users, options)
  const known = new Set(findings.map(({ check, message }) => `${check} ${message}`))
  for (const resource of others) {
    if (!isConnected) {
      findings.push(named(notConnected, resource))
      continue
    }
    const other = await diagnoseResource(resolved, resource, options)
    const isNew = ({ check, message }: Finding) => !shared.includes(check) || !known.has(`${check} ${message}`)
    findings.push(...other.findings.filter(isNew).map((finding) => named(finding, resource)))
  }
  return { findings, serverTime }
}

const notConnected: Finding = {
  check: 'database',
  verdict: 'skipped',
  message: 'not checked, because MongoDB did not respond.',
}

/** Says which resource a finding is about. Those about users, which every set-up has, are without a name. */
const named = (finding: Finding, { name }: StoredResource): Finding => ({
  ...finding,
  resource: name,
  message: `${name}: ${finding.message}`,
})

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
