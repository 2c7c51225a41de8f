import type { ClerkUserJSON } from '../../events/events'
import { runHostCode } from '../../host/host-code'
import { callMapUser, clerkUserJSON, isEmailUnverified, isEmailVerified, userVersion } from '../../map/map-clerk-user'
import type {
  ClerkUserInput,
  HostDocument,
  LinkBy,
  SettledHook,
  SyncRules,
  WriteContext,
  WriteResult,
} from '../../store/write'
import { guardedDelete } from '../deletion/delete'
import { mappedFields } from '../schema/fields'
import { atDatabase } from '../target/database-error'
import { externalIdPath } from '../target/owned-paths'
import { type AnyDoc, resolveRules, type Target, valueAt } from '../target/target'
import { guardedWrite } from '../write/guarded-write'
import { settleMarks } from '../write/hook-marks'
import type { Incoming, LocalDocuments } from '../write/incoming'
import { pushExtension } from '../write/push-extension'
import { ready } from '../write/ready'
import { findLocalAccount, looksForSpellings } from './local-account'

/** Stores a Clerk user with the rules of the call, or else the model's. */
export async function upsertUser(target: Target, input: ClerkUserInput, context: WriteContext): Promise<WriteResult> {
  const user = clerkUserJSON(input)
  const rules = resolveRules(target, context)
  return atDatabase(async () => {
    await ready(target, context)
    return guardedWrite({
      target,
      incoming: toIncoming(target, user, rules, context),
      onDelete: rules.onDelete,
      context,
    })
  })
}

/** Applies a user's deletion in Clerk. */
export async function deleteUser(target: Target, clerkId: string, context: WriteContext): Promise<WriteResult> {
  return atDatabase(async () => {
    await ready(target, context)
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
  hook: SettledHook,
  context: WriteContext,
): Promise<void> {
  return atDatabase(() => settleMarks(target, clerkId, hook, context))
}
