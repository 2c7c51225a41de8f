import { errorCodeOf } from '../errors'
import type { ClerkWebhookEvent } from '../events/events'
import { isTestEvent } from '../events/test-event'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { inSpan } from '../telemetry/telemetry'
import { syncEvent } from './sync-event'
import type { SyncOptions, SyncResult } from './sync-result'

/** What is known about a delivery. */
interface DeliveryFacts {
  type?: string
  messageId?: string | undefined
  outcome?: string
  /** Code of the failure, refusal or conflict. */
  code?: string | undefined
}

/** Runs a delivery as a span, and counts it when it ends. `work` gets a function that takes what it learns. */
export function traceDelivery<T>(
  options: ResolvedClerkSyncOptions,
  work: (add: (facts: DeliveryFacts) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  const known: DeliveryFacts = {}
  return inSpan(options, 'delivery', {}, async (add) => {
    try {
      return await work((facts) => {
        Object.assign(known, facts)
        add({ ...facts })
      })
    } finally {
      const { type, outcome, code } = known
      const labels = {
        type: typeLabel(type),
        ...(outcome !== undefined && { outcome }),
        ...(code !== undefined && { code }),
      }
      // A test delivery is none of Clerk's: counted, it would hide that Clerk sends nothing.
      if (type === undefined || !isTestEvent({ type }))
        options.delivered({ ...labels, durationMs: performance.now() - startedAt })
    }
  })
}

/** Implements `ClerkSync.sync`. */
export function syncTraced(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  syncOptions: SyncOptions = {},
): Promise<SyncResult> {
  return traceDelivery(options, async (add) => {
    try {
      const result = await syncEvent(options, event, syncOptions)
      add({ type: event.type, messageId: syncOptions.messageId, outcome: result.outcome, code: result.conflict?.code })
      return result
    } catch (error) {
      add({ code: errorCodeOf(error) })
      throw error
    }
  })
}

/** More types than Clerk has. */
const MAX_TYPES = 200
const types = new Set<string>()

/** A type as a label of metrics: few values, whatever an app passes to `sync()`. */
function typeLabel(type: string | undefined): string {
  if (type === undefined) return 'unverified'
  if (types.has(type)) return type
  if (types.size >= MAX_TYPES || !/^[\w.]{1,64}$/.test(type)) return 'other'
  types.add(type)
  return type
}
