import { ClerkSyncError } from '../../errors'
import { clerkUserJSON } from '../../map/map-clerk-user'
import { isPlaceholder } from '../../map/placeholder'
import type { OwnedValues, Registration } from '../../store/push-store'
import type { ClerkUserInput, WriteContext, WriteResult } from '../../store/write'
import { externalIdPath } from '../target/owned-paths'
import {
  type AnyDoc,
  castAt,
  fromPrimary,
  resolveRules,
  type Target,
  toIncoming,
  valueAt,
  within,
} from '../target/target'
import { guardedWrite } from '../write/guarded-write'
import { readLocalAccount } from '../write/own-document'
import { ready } from '../write/ready'
import { ownedValues } from './owned-values'

/**
 * Returns a local account as a new Clerk user.
 * @throws {ClerkSyncError} `schema_unfit` if `_id` is Clerk's id, because a local account has none.
 */
export async function forRegistration(
  target: Target,
  localId: unknown,
  context: WriteContext,
): Promise<Registration | null> {
  const { model, paths, idPath } = target
  if (idPath === '_id')
    throw new ClerkSyncError(
      'schema_unfit',
      "The schema's _id is Clerk's id, so a local account cannot become a Clerk user.",
    )
  const own = { _id: castAt(model, '_id', localId) } as never
  const doc = await model.collection.findOne(own, { ...fromPrimary, ...within(context) })
  if (!doc || valueAt(doc, paths.clerkDeletedAt) instanceof Date) return null
  const clerkId = text(doc, idPath)
  const [email, username] = [text(doc, paths.email), text(doc, paths.username)]
  return {
    clerkId,
    email: isPlaceholder(email) ? undefined : email,
    username: username !== undefined && clerkId && isPlaceholder(username, clerkId) ? undefined : username,
    firstName: text(doc, paths.firstName),
    lastName: text(doc, paths.lastName),
    owned: withExternalId(target, ownedValues(target, doc)),
  }
}

/** The new user is identified by its external id: `null` if the account has none. */
function withExternalId(target: Target, owned: OwnedValues): OwnedValues {
  return externalIdPath(target) === undefined ? owned : { ...owned, external_id: owned.external_id ?? null }
}

function text(doc: AnyDoc, path: string): string | undefined {
  const value = valueAt(doc, path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Links a local account to the Clerk user that was created from it. */
export async function linkUser(
  target: Target,
  localId: unknown,
  input: ClerkUserInput,
  context: WriteContext,
): Promise<WriteResult> {
  const { model, idPath } = target
  const user = clerkUserJSON(input)
  const rules = resolveRules(target, context)
  const _id = castAt(model, '_id', localId)
  await ready(target, context)
  const local = (await readLocalAccount(target, _id, context)) ?? { _id }
  const incoming = toIncoming(target, user, context)
  const result = await guardedWrite({ target, incoming, onDelete: rules.onDelete, context }, local)
  const options = { projection: { _id: 1 }, ...fromPrimary, ...within(context) }
  const own = await model.collection.findOne({ [idPath]: user.id }, options)
  if (!own || String(own._id) === String(_id)) return result
  const message =
    'The Clerk user already has a document, or the local account no longer exists or belongs to another user.'
  return { ...result, outcome: 'conflict', conflict: { code: 'conflict', path: idPath, message } }
}
