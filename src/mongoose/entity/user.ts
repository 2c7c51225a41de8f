import { callMapUser } from '../../map/map-clerk-user'
import { isPlaceholder, placeholderEmail, placeholderUsername, suffixedUsername } from '../../map/placeholder'
import { sampleUsers } from '../../map/sample-users'
import type { Entity } from '../target/entity'

/** What is particular about users: an address that may be unverified, and a username that can be varied. */
export const user: Entity = {
  idPrefix: 'user_',
  constants: ({ authProvider }) => ({ [authProvider]: 'clerk' }),
  identifiers: ({ email, username }) => [email, username],
  fallbackValues({ email, username }, path, value, clerkId, needed) {
    const bareId = clerkId.replace(/^user_/, '')
    if (path === username) {
      const own = typeof value === 'string' ? [value, suffixedUsername(value, clerkId), `${value}_${bareId}`] : []
      return needed ? [...own, placeholderUsername(clerkId), `user_${bareId}`] : [...own, undefined]
    }
    const empty = needed && path === email ? placeholderEmail(clerkId) : undefined
    return value === undefined ? [empty] : [value, empty]
  },
  isPlaceholder: ({ email, username }, path, value, clerkId) =>
    (path === email || path === username) && typeof value === 'string' && isPlaceholder(value, clerkId),
  mappedSamples: ({ mapUser }) => sampleUsers.map((sample) => callMapUser(mapUser, sample)),
  canVary: ({ username }, path) => path === username,
}
