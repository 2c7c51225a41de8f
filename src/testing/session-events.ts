import type { ClerkEvent } from '../events/events'
import type { ClerkSessionJSON } from '../events/session'
import { changed, eventOf } from './envelope'
import { newId } from './user-parts'
import * as users from './users'

/** Creates a `session.created` event. Handlers acknowledge and ignore it, because it does not change a user. */
export function sessionCreated(of = users.user()): ClerkEvent<'session.created'> {
  const now = Date.now()
  return eventOf('session.created', {
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
  })
}

/** Creates a `session.ended` event for a new session, or for the given one: the user signed out. */
export function sessionEnded(of: ClerkSessionJSON = sessionCreated().data): ClerkEvent<'session.ended'> {
  return eventOf('session.ended', changed(of, { status: 'ended' }))
}

/** Creates a `session.removed` event: the user signed out, and the client no longer keeps the session. */
export function sessionRemoved(of: ClerkSessionJSON = sessionCreated().data): ClerkEvent<'session.removed'> {
  return eventOf('session.removed', changed(of, { status: 'removed' }))
}

/** Creates a `session.revoked` event: the app ended the session. */
export function sessionRevoked(of: ClerkSessionJSON = sessionCreated().data): ClerkEvent<'session.revoked'> {
  return eventOf('session.revoked', changed(of, { status: 'revoked' }))
}
