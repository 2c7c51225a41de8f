import { errorCodeOf } from '../errors'
import type { ClerkWebhookEvent } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { syncEvent } from './sync-event'
import type { SyncOptions, SyncResult } from './sync-result'

/** Implements `ClerkSync.sync`: applies an event, which counts as a delivery. The handler counts its own. */
export function syncCounted(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  syncOptions: SyncOptions = {},
): Promise<SyncResult> {
  return options.meter.delivery(async (add) => {
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
