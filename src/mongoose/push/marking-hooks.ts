import type { HydratedDocument, Query } from 'mongoose'
import type { HostSchema } from '../target/host-schema'
import { overlap } from '../target/owned-paths'
import type { ResolvedPluginOptions } from '../target/plugin-options'
import { type AnyDoc, canonical, isOurs, takenBy } from '../target/target'
import { type Marking, mark, markAddition, markReplacement, markUpdate, namesIn, ownedAmong, recordsOf } from './mark'
import { newToken } from './token'

const updates = ['updateOne', 'updateMany', 'findOneAndUpdate'] as const
const replacements = ['replaceOne', 'findOneAndReplace'] as const

/**
 * Adds hooks to all of mongoose's write operations that mark a local change, in the same command and so in the same
 * transaction. Writes that bypass mongoose (`Model.collection`, other programs, `middleware: false`) leave no mark; a
 * comparison with Clerk finds them. App middleware that changes owned paths must be declared before the plugin, because
 * otherwise it runs after these hooks.
 */
export function addMarkingHooks(schema: HostSchema, options: ResolvedPluginOptions): void {
  const marking: Marking = { owned: withAliases(schema, options), paths: options.paths }
  schema.pre('save', { document: true, query: false }, function (this: HydratedDocument<AnyDoc>) {
    markDocument(marking, this)
  })
  schema.pre([...updates], { document: false, query: true }, function (this: Query<unknown, AnyDoc>) {
    const update = this.getUpdate() as AnyDoc | AnyDoc[] | null
    if (!update) return
    const options = this.getOptions()
    if (!isOurs(options)) this.setUpdate(markUpdate(marking, update, options.upsert === true))
    else if (!Array.isArray(update)) this.setUpdate(markAddition(marking, update, takenBy(options)))
  })
  schema.pre([...replacements], { document: false, query: true }, function (this: Query<unknown, AnyDoc>) {
    this.setUpdate(markReplacement(marking, this.getUpdate() as AnyDoc))
  })
  schema.pre(
    'insertMany',
    onArguments((docs) => {
      for (const doc of [docs].flat() as AnyDoc[]) markInserted(marking, doc)
    }),
  )
  schema.pre(
    'bulkWrite',
    onArguments((operations, given) => {
      const options = (given ?? {}) as AnyDoc
      if (isOurs(options)) return
      const list = operations as AnyDoc[]
      for (const [index, operation] of list.entries()) {
        // `bulkSave` always sets this option, and its documents were marked one by one. Checked with mongoose 8.24
        // and 9.12.
        if (!('skipValidation' in options) || !isOfSave(marking, schema, operation))
          list[index] = markOperation(marking, operation)
      }
    }),
  )
}

function withAliases(schema: HostSchema, { push = [] }: ResolvedPluginOptions): Marking['owned'] {
  const owned = push.map(({ path }) => path).filter((path) => path !== '_id')
  const aliases = Object.entries(schema.aliases ?? {})
  return owned.flatMap((path) => {
    const own = aliases.filter(([, real]) => overlap(real, path))
    const aliased = own.map(([alias, real]) => ({ name: alias + path.slice(real.length), path }))
    return [{ name: path, path }, ...aliased]
  })
}

const pathsOf = ({ owned }: Marking) => new Set(owned.map(({ path }) => path))

function markDocument(marking: Marking, doc: HydratedDocument<AnyDoc>): void {
  const { clerkId, clerkDeletedAt, clerkPushToken } = marking.paths
  if (doc.$isSubdocument || doc.get(clerkDeletedAt)) return
  if (doc.isNew) {
    markInserted(marking, doc)
    return
  }
  const written = [...pathsOf(marking)].filter((path) => doc.isModified(path))
  if (written.length === 0) return
  record(marking, doc, written)
  // A local account when it was read, but it may be linked by now: sets the mark, but not the status.
  if (doc.isSelected(clerkId) && !doc.get(clerkId)) doc.set(clerkPushToken, newToken())
  else {
    doc.set(mark(marking))
    // If the status was pending when it was read, the user may have been pushed since.
    doc.markModified(marking.paths.syncStatus)
  }
}

function record(marking: Marking, doc: HydratedDocument<AnyDoc>, written: readonly string[]): void {
  for (const path of Object.keys(recordsOf(marking, written))) {
    doc.set(path, true)
    // If the record existed when it was read, it may have been removed since.
    doc.markModified(path)
  }
}

/**
 * Records the values that a new document was created with. Marks it only if it has a Clerk user; others are marked when
 * they are linked.
 */
function markInserted(marking: Marking, doc: AnyDoc | HydratedDocument<AnyDoc>): void {
  if (!isHydrated(doc)) {
    Object.assign(doc, markReplacement(marking, doc))
    return
  }
  const isGiven = (path: string) => doc.isModified(path) && !doc.$isDefault(path) && doc.get(path) !== undefined
  record(marking, doc, [...pathsOf(marking)].filter(isGiven))
  if (doc.get(marking.paths.clerkId)) doc.set(mark(marking))
}

/** Whether `save` has marked an update, or the update sets owned paths only to their defaults. */
function isOfSave(marking: Marking, schema: HostSchema, { updateOne }: AnyDoc): boolean {
  const update = (updateOne as AnyDoc | undefined)?.update as { $set?: AnyDoc } | undefined
  if (!update || Array.isArray(update)) return false
  if (update.$set && marking.paths.clerkPushToken in update.$set) return true
  const owned = namesIn(update).filter((name) => ownedAmong(marking, [name]).length > 0)
  return owned.every((name) => update.$set !== undefined && name in update.$set && isDefault(schema, name, update.$set))
}

function isDefault(schema: HostSchema, path: string, $set: AnyDoc): boolean {
  const usual: unknown = schema.path(path)?.options.default
  const value = $set[path]
  if (usual === undefined) return Array.isArray(value) && value.length === 0
  return typeof usual === 'function' || canonical(usual) === canonical(value)
}

const isHydrated = (doc: object): doc is HydratedDocument<AnyDoc> => '$__' in doc

function markOperation(marking: Marking, operation: AnyDoc): AnyDoc {
  const [[kind, given] = ['', {}]] = Object.entries(operation)
  const op = given as AnyDoc
  if (kind === 'updateOne' || kind === 'updateMany')
    return { [kind]: { ...op, update: markUpdate(marking, op.update as AnyDoc, op.upsert === true) } }
  if (kind === 'replaceOne')
    return { [kind]: { ...op, replacement: markReplacement(marking, op.replacement as AnyDoc) } }
  if (kind === 'insertOne') markInserted(marking, op.document as AnyDoc)
  return operation
}

/** Adapts a hook with arguments: mongoose 8 passes `next` first and waits for its call, mongoose 9 does not. */
function onArguments(run: (first: unknown, second: unknown) => void) {
  return (next: unknown, first: unknown, second: unknown) => {
    if (typeof next !== 'function') return run(next, first)
    run(first, second)
    next()
  }
}
