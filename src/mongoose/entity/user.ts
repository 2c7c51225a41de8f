import type { ClerkUserJSON } from '../../events/events'
import { runHostCode } from '../../host/host-code'
import {
  callMap,
  clerkJSON,
  isEmailUnverified,
  isEmailVerified,
  mapClerkUser,
  resourceVersion,
} from '../../map/map-clerk-user'
import { isPlaceholder, placeholderEmail, placeholderUsername, suffixedUsername } from '../../map/placeholder'
import { sampleUsers, twinOf } from '../../map/sample-users'
import type { HostDocument, LinkBy, MapUser, WriteContext } from '../../store/write'
import { mappedFields } from '../schema/fields'
import type { Entity, ResolvedRules } from '../target/entity'
import type { Incoming, LocalDocuments } from '../target/incoming'
import { externalIdPath, userProfile } from '../target/owned-paths'
import { userNames } from '../target/paths'
import { type AnyDoc, asFetched, type Target, valueAt } from '../target/target'
import { splitByOwner } from '../write/push-extension'
import { findLocalAccount, looksForSpellings } from './local-account'

/** What is particular about users: an address that may be unverified, and a username that can be varied. */
export const user: Entity = {
  name: 'user',
  eventName: 'user',
  idPrefix: 'user_',
  names: userNames,
  profileNames: ['email', 'username', 'firstName', 'lastName', 'imageUrl'],
  lookAlikes: ['clerkId', 'email', 'username', 'firstName', 'lastName', 'imageUrl', 'fullName', 'phone'],
  pushable: {
    metadata: ['publicMetadata', 'privateMetadata', 'unsafeMetadata'],
    profile: userProfile,
    hasExternalId: true,
    silentFields: ['updated_at', 'last_active_at', 'last_sign_in_at'],
  },
  mapOption: 'mapUser',
  defaultMap: mapClerkUser,
  samples: sampleUsers,
  twinOf: (sample, mark) => twinOf(sample as ClerkUserJSON, mark),
  read: (input) => clerkJSON(input, 'user'),
  map: ({ map }, json) => callMap('mapUser', map as MapUser, json as ClerkUserJSON, mapClerkUser),
  mapOf: ({ mapUser }) => mapUser,
  toIncoming,
  owners: () => [],
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
  canVary: ({ username }, path) => path === username,
}

/** Prepares a Clerk user for guarded writes, with these rules. */
function toIncoming(target: Target, json: ClerkUserJSON, rules: ResolvedRules, context: WriteContext): Incoming {
  const { values, onInsert } = splitByOwner(target, json, mappedFields(target, user.map(rules, json)).values)
  const { email, clerkEmailUnverified } = target.paths
  const address = values.get(email)
  const isUnverified = isEmailUnverified(json, address)
  return {
    clerkId: json.id,
    owners: [],
    at: new Date(resourceVersion(json, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values,
    uncompared: new Set(),
    onInsert,
    // An unverified address yields to a verified one.
    notes: [{ of: email, path: clerkEmailUnverified, value: isUnverified || undefined }],
    claim: (path, holder) => (path === email ? claimAgainst(target, isUnverified, holder) : 'equal'),
    strongerClaims: (path) => (path === email && !isUnverified ? [{ [clerkEmailUnverified]: true }] : []),
    locals: localsOf(target, rules, json, address),
    async fetch(clerkId) {
      const current = await context.fetchUser?.(clerkId, context.deadline)
      return current && toIncoming(target, current, rules, asFetched(context))
    },
  }
}

function localsOf(target: Target, { linkBy }: ResolvedRules, user: ClerkUserJSON, address: unknown): LocalDocuments {
  const externalId = externalIdPath(target) === undefined ? undefined : user.external_id || undefined
  const isSpelt = linkBy !== false && looksForSpellings(target) && address !== undefined
  const rule = { linkBy, mayLink: (local: AnyDoc) => mayLink(target, linkBy, local, { user, address }) }
  return {
    path: target.paths.email,
    isToBeFound: externalId !== undefined || isSpelt,
    externalId,
    looksForSpellings: isSpelt,
    find: (value, context) => {
      return findLocalAccount(target, externalId, isSpelt ? { ...rule, address: value } : undefined, context)
    },
    ...rule,
  }
}

async function mayLink(
  target: Target,
  linkBy: LinkBy,
  local: AnyDoc,
  { user, address }: { user: ClerkUserJSON; address: unknown },
): Promise<boolean> {
  // Checks the address to be stored, which `mapUser` may have chosen.
  if (linkBy === 'verified-email') return isEmailVerified(user, address)
  if (typeof linkBy !== 'function') return false
  return runHostCode('linkBy', undefined, () => linkBy(target.model.hydrate(local) as unknown as HostDocument, user))
}

/** Compares the claims of two living users to an address by verification alone. */
function claimAgainst({ paths }: Target, isUnverified: boolean, holder: AnyDoc): 'weaker' | 'equal' | 'stronger' {
  if (valueAt(holder, paths.clerkDeletedAt)) return 'equal'
  const isHolderUnverified = valueAt(holder, paths.clerkEmailUnverified) === true
  if (isUnverified === isHolderUnverified) return 'equal'
  return isUnverified ? 'weaker' : 'stronger'
}
