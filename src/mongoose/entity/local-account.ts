import type { ConflictReason, WriteContext } from '../../store/write'
import type { Incoming, LocalDocuments } from '../target/incoming'
import { externalIdPath } from '../target/owned-paths'
import {
  type AnyDoc,
  canonical,
  castAt,
  fromPrimary,
  schemaOf,
  schemaPath,
  type Target,
  valueAt,
  within,
} from '../target/target'
import { notLinked } from '../write/conflict-reason'

/** The local account that a new user may belong to. */
export interface LocalAccount {
  /** The stored account, if it is to be linked. */
  linkTo?: AnyDoc
  /** Why the account found is not linked. */
  conflict?: ConflictReason
}

/**
 * Whether to look for a local account before an insert: it may have the user's address in another spelling, which a
 * unique index treats as different. A schema that stores lower case has only one spelling.
 */
export function looksForSpellings({ model, paths, idPath }: Target): boolean {
  if (idPath === '_id') return false
  const definition = schemaPath(model, paths.email)
  if (!definition || definition.options.lowercase) return false
  const isFolding = schemaOf(model)
    .indexes()
    .some(([keys, { unique, collation }]) => unique && paths.email in keys && (collation?.strength ?? 3) < 3)
  return !isFolding
}

/** Finds the local account of a user without a document: by the external id, then by the address in any spelling. */
export async function findLocalAccount(
  target: Target,
  externalId: string | undefined,
  search: SpellingSearch | undefined,
  context: WriteContext,
): Promise<LocalAccount> {
  const linkTo = await byExternalId(target, externalId, context)
  if (linkTo || !search) return { ...(linkTo && { linkTo }) }
  const local = await bySpelling(target, search.address, context)
  if (!local) return {}
  if (await search.mayLink(local)) return { linkTo: local }
  return { conflict: notLinked(target.paths.email, search.linkBy) }
}

/** The search for an account that has the user's address in another spelling. */
interface SpellingSearch extends Pick<LocalDocuments, 'mayLink' | 'linkBy'> {
  address: unknown
}

/** Finds the local account with this external id. Only the app's own secret key can set it. */
async function byExternalId(
  target: Target,
  externalId: string | undefined,
  context: WriteContext,
): Promise<AnyDoc | undefined> {
  if (externalId === undefined) return undefined
  const { model, idPath } = target
  const path = externalIdPath(target) ?? '_id'
  const local = { [path]: castAt(model, path, externalId), [idPath]: { $in: [null, ''] } }
  const options = { ...fromPrimary, ...within(context) }
  return (await model.collection.findOne(local as never, options)) ?? undefined
}

/**
 * Finds the local accounts of many users. `undefined`: there is none. Users missing from the result have no external
 * id, or must be looked up one by one.
 */
export async function byExternalIds(
  target: Target,
  incomings: readonly Incoming[],
  context: WriteContext,
): Promise<Map<Incoming, AnyDoc | undefined>> {
  const { model, idPath } = target
  const path = externalIdPath(target)
  const asked = incomings.filter(({ locals }) => locals?.externalId !== undefined)
  if (path === undefined || asked.length === 0) return new Map()
  const values = asked.map(({ locals }) => castAt(model, path, locals?.externalId))
  const local = { [path]: { $in: values }, [idPath]: { $in: [null, ''] } }
  const options = { batchSize: asked.length + 1, ...fromPrimary, ...within(context) }
  const found: AnyDoc[] = await model.collection.find(local as never, options).toArray()
  const byValue = new Map(found.map((doc) => [canonical(valueAt(doc, path)), doc]))
  const accounts = new Map(asked.map((incoming, index) => [incoming, byValue.get(canonical(values[index]))]))
  const known = new Set(accounts.values())
  // A collation on the server compares differently, so each user must be looked up there.
  const isOfCollation = found.some((doc) => !known.has(doc))
  return isOfCollation ? new Map([...accounts].filter(([, account]) => account)) : accounts
}

async function bySpelling(target: Target, address: unknown, context: WriteContext): Promise<AnyDoc | undefined> {
  if (typeof address !== 'string') return undefined
  const { model, idPath, paths } = target
  const filter = { [paths.email]: address, [idPath]: { $in: [null, ''] } }
  // Ignores case. An index with this collation, if the app has one, supports the query.
  const options = { collation: { locale: 'en', strength: 2 }, ...fromPrimary, ...within(context) }
  return (await model.collection.findOne(filter as never, options)) ?? undefined
}
