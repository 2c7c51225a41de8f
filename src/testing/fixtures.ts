import type { ClerkUserDeletedEvent, ClerkUserEvent, ClerkUserJSON } from '../events/events'
import { envelope, instanceId } from './envelope'
import * as invitations from './invitation-events'
import * as memberships from './membership-events'
import * as organizations from './organization-events'
import * as sessions from './session-events'
import * as subscriptions from './subscription-events'
import * as users from './users'

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

/**
 * Builders of users, organizations, memberships and events for tests. All data is invented.
 *
 * @example
 * const user = fixtures.user({ first_name: 'Ada' })
 * await clerkSync.sync(fixtures.userCreated(user))
 */
export const fixtures = {
  ...users,
  instanceId,
  userCreated,
  userUpdated,
  userDeleted,
  ...organizations,
  ...memberships,
  ...sessions,
  ...invitations,
  ...subscriptions,
}
