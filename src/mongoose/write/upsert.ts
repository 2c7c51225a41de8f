import type { ClerkUserJSON } from '../../events/events'
import { runHostCode } from '../../host/host-code'
import { callMapUser, clerkUserJSON, isEmailUnverified, isEmailVerified, userVersion } from '../../map/map-clerk-user'
import type { ClerkUserInput, HostDocument, SettledHook, SyncRules, WriteContext, WriteResult } from '../../store/write'
import { guardedDelete } from '../deletion/delete'
import { mappedFields } from '../schema/fields'
import { atDatabase } from '../target/database-error'
import { externalIdPath } from '../target/owned-paths'
import type { AnyDoc, Target } from '../target/target'
import { resolveRules } from '../target/target'
import { guardedWrite } from './guarded-write'
import { settleMarks } from './hook-marks'
import type { Incoming } from './incoming'
import { looksForSpellings } from './local-account'
import { pushExtension } from './push-extension'
import { ready } from './ready'

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
  return {
    clerkId: user.id,
    at: new Date(userVersion(user, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values,
    onInsert,
    isUnverified: isEmailUnverified(user, values.get(target.paths.email)),
    looksForSpellings:
      rules.linkBy !== false && looksForSpellings(target) && values.get(target.paths.email) !== undefined,
    externalId: externalIdPath(target) === undefined ? undefined : user.external_id || undefined,
    mayLink: (local) => mayLink(target, rules, local, { user, address: values.get(target.paths.email) }),
    linkBy: rules.linkBy,
    async fetch(clerkId) {
      const current = await fetchUser?.(clerkId, deadline)
      return current && toIncoming(target, current, rules, asFromApi)
    },
  }
}

async function mayLink(
  target: Target,
  { linkBy }: SyncRules,
  local: AnyDoc,
  { user, address }: { user: ClerkUserJSON; address: unknown },
): Promise<boolean> {
  // Checks the address to be stored, which `mapUser` may have chosen.
  if (linkBy === 'verified-email') return isEmailVerified(user, address)
  if (typeof linkBy !== 'function') return false
  return runHostCode('linkBy', undefined, () => linkBy(target.model.hydrate(local) as unknown as HostDocument, user))
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
