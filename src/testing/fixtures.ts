import type { ClerkEvent, ClerkUserDeletedEvent, ClerkUserEvent, ClerkUserJSON } from '../events/events'
import { newId } from './user-parts'
import * as users from './users'

/** Of every event made here; `createClerkSync({ instanceId })` takes them as another instance's unless it is given this. */
const instanceId = 'ins_2fixtureInstance00000000001'

const envelope = {
  object: 'event',
  instance_id: instanceId,
  event_attributes: { http_request: { client_ip: '192.0.2.1', user_agent: 'Mozilla/5.0' } },
} as const

/** `user.created` for a new user, or for the one given. */
function userCreated(data: ClerkUserJSON = users.user()): ClerkUserEvent {
  return { ...envelope, type: 'user.created', data, timestamp: data.created_at ?? Date.now() }
}

/** `user.updated`, a second newer than the user given, with these changes. */
function userUpdated(from: ClerkUserJSON = users.user(), changes: users.UserOverrides = {}): ClerkUserEvent {
  const data = users.changedUser(from, changes)
  return { ...envelope, type: 'user.updated', data, timestamp: data.updated_at ?? Date.now() }
}

/** `user.deleted`: the id is all that Clerk says. */
function userDeleted(of: { id: string } = users.user()): ClerkUserDeletedEvent {
  const data = { id: of.id, object: 'user', deleted: true }
  return { ...envelope, type: 'user.deleted', data, timestamp: Date.now() }
}

/** `session.created`: an event that is about no user's fields, and so is acknowledged and ignored. */
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

/** Builders for everything a handler meets; all data is invented. */
export const fixtures = { ...users, instanceId, userCreated, userUpdated, userDeleted, sessionCreated }
