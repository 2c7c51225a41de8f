import type { ClerkEvent, ClerkUserDeletedEvent, ClerkUserEvent, ClerkUserJSON } from '../events/events'
import { newId } from './user-parts'
import * as users from './users'

/** Instance of all events created here. `createClerkSync({ instanceId })` ignores them unless it is given this id. */
const instanceId = 'ins_2fixtureInstance00000000001'

const envelope = {
  object: 'event',
  instance_id: instanceId,
  event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'Mozilla/5.0' } },
} as const

/** Creates a `user.created` event for a new user, or for the given one. */
function userCreated(data: ClerkUserJSON = users.user()): ClerkUserEvent {
  return { ...envelope, type: 'user.created', data, timestamp: data.created_at ?? Date.now() }
}

/** Creates a `user.updated` event with these changes, one second newer than the given user. */
function userUpdated(from: ClerkUserJSON = users.user(), changes: users.UserOverrides = {}): ClerkUserEvent {
  const data = users.changedUser(from, changes)
  return { ...envelope, type: 'user.updated', data, timestamp: data.updated_at ?? Date.now() }
}

/** Creates a `user.deleted` event, which contains only the id. */
function userDeleted(of: { id: string } = users.user()): ClerkUserDeletedEvent {
  const data = { id: of.id, object: 'user', deleted: true }
  return { ...envelope, type: 'user.deleted', data, timestamp: Date.now() }
}

/** Creates a `session.created` event. Handlers acknowledge and ignore it, because it does not change a user. */
function sessionCreated(of: ClerkUserJSON = users.user()): ClerkEvent<'session.created'> {
  const now = Date.now()
  const session = {
    id: newId('sess'),
    object: 'session',
    user_id: of.id,
    client_id: newId('client'),
    status: 'active',
    last_active_at: now,
    expire_at: now + 7 * 86_400_000,
    abandon_at: now + 30 * 86_400_000,
    created_at: now,
    updated_at: now,
    user: of,
  }
  return { ...envelope, type: 'session.created', data: session, timestamp: now }
}

/**
 * Builders of users and events for tests. All data is invented.
 *
 * @example
 * const user = fixtures.user({ first_name: 'Ada' })
 * await clerkSync.sync(fixtures.userCreated(user))
 */
export const fixtures = { ...users, instanceId, userCreated, userUpdated, userDeleted, sessionCreated }
