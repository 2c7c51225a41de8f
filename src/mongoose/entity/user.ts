import { ClerkSyncError } from '../../errors'
import { type ClerkUserJSON, isClerkId } from '../../events/events'
import { runHostCode } from '../../host/host-code'
import { callMapUser, clerkUserJSON, isEmailUnverified, isEmailVerified, userVersion } from '../../map/map-clerk-user'
import { isPlaceholder, placeholderEmail, placeholderUsername, suffixedUsername } from '../../map/placeholder'
import { sampleUsers } from '../../map/sample-users'
import type {
  ClerkUserInput,
  FinishedHook,
  HostDocument,
  LinkBy,
  SyncRules,
  WriteContext,
  WriteResult,
} from '../../store/write'
import { guardedDelete } from '../deletion/delete'
import { mappedFields } from '../schema/fields'
import { atDatabase, wrapDatabaseError } from '../target/database-error'
import type { Entity } from '../target/entity'
import { externalIdPath } from '../target/owned-paths'
import { type AnyDoc, resolveRules, type SyncModel, type Target, valueAt } from '../target/target'
import { guardedWrite } from '../write/guarded-write'
import { clearMarks } from '../write/hook-marks'
import type { Incoming, LocalDocuments } from '../write/incoming'
import { pushExtension } from '../write/push-extension'
import { ready, readyModels } from '../write/ready'
import { findLocalAccount, looksForSpellings } from './local-account'

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

/** Stores a Clerk user with the rules of the call, or else the model's. */
export async function upsertUser(target: Target, input: ClerkUserInput, given: WriteContext): Promise<WriteResult> {
  const user = clerkUserJSON(input)
  const context = marked(target.model, given)
  const rules = resolveRules(target, context)
  return whenReady(target, context, () => {
    const incoming = toIncoming(target, user, rules, context)
    return guardedWrite({ target, incoming, onDelete: rules.onDelete, context })
  })
}

/** Writes once the collection is known to be safe, and converts the database's errors to ours. */
async function whenReady<T>(target: Target, context: WriteContext, write: () => Promise<T>): Promise<T> {
  try {
    if (!readyModels.has(target.model)) await ready(target, context)
    return await write()
  } catch (error) {
    throw wrapDatabaseError(error)
  }
}

/** Applies a user's deletion in Clerk. */
export async function deleteUser(target: Target, clerkId: string, context: WriteContext): Promise<WriteResult> {
  if (!isClerkId(clerkId))
    throw new ClerkSyncError('invalid_clerk_user', 'deleteFromClerk needs the id of a Clerk user.')
  return whenReady(target, context, () => {
    return guardedDelete(target, clerkId, resolveRules(target, context).onDelete, context)
  })
}

/** Prepares a Clerk user for guarded writes, with these rules. */
export function toIncoming(
  target: Target,
  user: ClerkUserJSON,
  rules: Required<SyncRules>,
  context: WriteContext,
): Incoming {
  const { fetchUser, deadline, ...rest } = context
  const { marks: _, changes: __, messageId: ___, ...others } = rest
  const mapped = mappedFields(target, callMapUser(rules.mapUser, user)).values
  const split = pushExtension(target)?.split(target, user, mapped)
  const { values, onInsert } = split ?? { values: mapped, onInsert: new Map() }
  // Data just fetched is not fetched again, and has no redelivery.
  const asFromApi: WriteContext = { ...others, ...(deadline !== undefined && { deadline }), fromApi: true }
  const { email, clerkEmailUnverified } = target.paths
  const address = values.get(email)
  const isUnverified = isEmailUnverified(user, address)
  return {
    clerkId: user.id,
    at: new Date(userVersion(user, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values,
    onInsert,
    // An unverified address yields to a verified one.
    notes: [{ of: email, path: clerkEmailUnverified, value: isUnverified || undefined }],
    claim: (path, holder) => (path === email ? claimAgainst(target, isUnverified, holder) : 'equal'),
    strongerClaims: (path) => (path === email && !isUnverified ? [{ [clerkEmailUnverified]: true }] : []),
    locals: localsOf(target, rules, user, address),
    async fetch(clerkId) {
      const current = await fetchUser?.(clerkId, deadline)
      return current && toIncoming(target, current, rules, asFromApi)
    },
  }
}

function localsOf(
  target: Target,
  { linkBy }: Required<SyncRules>,
  user: ClerkUserJSON,
  address: unknown,
): LocalDocuments {
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

/** Removes the marks of a finished hook. */
export function clearHookMarks(
  target: Target,
  clerkId: string,
  hook: FinishedHook,
  context: WriteContext,
): Promise<void> {
  return atDatabase(() => clearMarks(target, clerkId, hook, context))
}

/** Event types with hooks in any `createClerkSync` of this process, by model. */
const hooked = new WeakMap<SyncModel, ReadonlySet<string>>()

/** Records the event types with hooks, so that the model's statics can leave marks for them. */
export function addHookTypes(model: SyncModel, hookTypes: ReadonlySet<string>): void {
  hooked.set(model, new Set([...(hooked.get(model) ?? []), ...hookTypes]))
}

/** Adds the mark that leaves the `user.created` hook pending until that message arrives. */
function marked(model: SyncModel, context: WriteContext): WriteContext {
  const pendingType = 'user.created'
  const isPending = context.marks === undefined && hooked.get(model)?.has(pendingType)
  return isPending ? { ...context, marks: { pendingType } } : context
}
