import { type ClerkApi, createClerkApi } from '../clerk-api/clerk-api'
import { clerkTime } from '../clerk-api/clerk-time'
import { isClerkSyncError } from '../errors'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { type Finding, redactedMessage, runCheck } from '../store/finding'
import { clockFinding } from './check-clock'

/** Checks the key, its instance and Clerk's clock. Makes no request without a key. */
export async function diagnoseClerk(resolved: ResolvedClerkSyncOptions): Promise<Finding[]> {
  const api = createClerkApi(resolved.clerk)
  if (!api) {
    return [
      {
        check: 'clerk_key',
        verdict: 'warning',
        message:
          'No Clerk secret key is set. ensureUser, backfill, reconcile and push need it, and so do two events with the same version.',
        remedy: "Set CLERK_SECRET_KEY (Clerk's dashboard, API keys). You can leave it unset if you only use webhooks.",
      },
    ]
  }
  const [key, clock] = await Promise.all([
    runCheck('clerk_key', () => diagnoseKey(api, resolved)),
    runCheck('clock_clerk', () => diagnoseClock(resolved)),
  ])
  return [...key, ...clock]
}

async function diagnoseKey(api: ClerkApi, { instanceId, timeoutMs }: ResolvedClerkSyncOptions): Promise<Finding[]> {
  const check = 'clerk_key'
  let instance: { id: string; environment: string | undefined }
  try {
    instance = await api.getInstance({ deadline: Date.now() + timeoutMs })
  } catch (error) {
    return [{ check, verdict: 'problem', message: redactedMessage(error), remedy: keyRemedy(error) }]
  }
  const kind = instance.environment === undefined ? '' : ` (${instance.environment})`
  const ok: Finding = { check, verdict: 'ok', message: `The secret key belongs to the instance ${instance.id}${kind}.` }
  return instanceId === undefined ? [ok] : [ok, instanceFinding(instance.id, instanceId)]
}

function instanceFinding(id: string, instanceId: string): Finding {
  const check = 'clerk_instance'
  if (id === instanceId)
    return { check, verdict: 'ok', message: 'The secret key belongs to the instance in instanceId.' }
  return {
    check,
    verdict: 'problem',
    message: `The secret key belongs to ${id}, but the instanceId of createClerkSync is ${instanceId}. Events of ${id} are ignored.`,
    remedy:
      'Use the secret key, signing secret and instanceId of the same instance. Development and production differ in all three.',
  }
}

function keyRemedy(error: unknown): string {
  const code = isClerkSyncError(error) ? error.code : undefined
  if (code === 'clerk_key_invalid')
    return "Copy CLERK_SECRET_KEY again from Clerk's dashboard (API keys); it starts with sk_test_ or sk_live_."
  if (code === 'clerk_unreachable')
    return 'Check that this machine can reach the internet (proxy, firewall), and check CLERK_API_URL.'
  return "If CLERK_API_URL is set, it must be the URL of Clerk's API, without /v1. Otherwise, try again later."
}

async function diagnoseClock({ clerk, timeoutMs }: ResolvedClerkSyncOptions): Promise<Finding> {
  const seen = await clerkTime(clerk, timeoutMs)
  if (seen) return clockFinding('clock_clerk', "Clerk's", seen)
  return { check: 'clock_clerk', verdict: 'skipped', message: "Clerk's clock could not be read." }
}
