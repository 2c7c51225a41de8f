import type { ClerkEventData, ClerkEventType } from '../events/events'

/** Instance of all events created here. `createClerkSync({ instanceId })` ignores them unless it is given this id. */
export const instanceId = 'ins_2fixtureInstance00000000001'

/** The envelope of an event, without its type, data and time. */
export const envelope = {
  object: 'event',
  instance_id: instanceId,
  event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'Mozilla/5.0' } },
} as const

/** Creates an event of this type that occurred when its data changed. */
export function eventOf<Type extends ClerkEventType>(type: Type, data: ClerkEventData[Type] & { updated_at?: number }) {
  return { ...envelope, type, data, timestamp: data.updated_at ?? Date.now() }
}

/** Returns a copy with these changes, one second newer unless they contain `updated_at`. */
export function changed<Data extends { updated_at?: number }>(from: Data, changes: Partial<Data>): Data {
  return structuredClone({ ...from, updated_at: (from.updated_at ?? Date.now()) + 1_000, ...changes })
}
