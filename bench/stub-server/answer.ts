import { mongo } from 'mongoose'
import { Collection, DuplicateKey, type Written } from './collection'
import type { Doc } from './matches'

interface Statement {
  q: Doc
  u: Doc
  upsert?: boolean
  multi?: boolean
  limit?: number
}

const collections = new Map<string, Collection>()

function collectionOf(namespace: string): Collection {
  const collection = collections.get(namespace) ?? new Collection()
  collections.set(namespace, collection)
  return collection
}

/** Answers a command as a primary of MongoDB would. A command, stage or operator that it does not know is an error. */
export function answer(command: Doc, port: number): Doc {
  const [name = ''] = Object.keys(command)
  try {
    const run = commands[name]
    if (!run) throw new Error(`The stub server does not know the command ${name}.`)
    const namespace = `${command.$db}.${command[name]}`
    return { ok: 1, ...run({ ...command, port }, collectionOf(namespace), namespace) }
  } catch (error) {
    if (error instanceof DuplicateKey) return { ok: 0, ...duplicateKey(error) }
    console.error(String(error))
    return { ok: 0, code: 59, codeName: 'CommandNotFound', errmsg: String(error) }
  }
}

const duplicateKey = ({ message, path }: DuplicateKey) => ({
  code: 11000,
  codeName: 'DuplicateKey',
  errmsg: message,
  keyPattern: { [path]: 1 },
  keyValue: { [path]: null },
})

type Command = (command: Doc, collection: Collection, namespace: string) => Doc

const commands: Record<string, Command> = {
  hello,
  ismaster: hello,
  isMaster: hello,
  ping: () => ({}),
  endSessions: () => ({}),
  buildInfo: () => ({ version: '7.0.0', versionArray: [7, 0, 0, 0] }),
  create: () => ({}),
  dropDatabase: ({ $db }) => {
    for (const name of collections.keys()) if (name.startsWith(`${$db}.`)) collections.delete(name)
    return {}
  },
  createIndexes: ({ indexes }, collection) => {
    const numIndexesBefore = collection.indexes.length
    for (const index of indexes as Doc[]) collection.addIndex(index)
    return { numIndexesBefore, numIndexesAfter: collection.indexes.length }
  },
  listIndexes: (_, { indexes }, namespace) => cursor(namespace, indexes),
  listCollections: ({ $db }) => cursor(`${$db}.$cmd.listCollections`, []),
  getMore: (_, __, namespace) => ({ cursor: { id: mongo.BSON.Long.ZERO, ns: namespace, nextBatch: [] } }),
  insert: ({ documents }, collection) => each(documents as Doc[], (doc) => ({ upserted: collection.insert(doc)._id })),
  update: ({ updates }, collection) =>
    each(updates as Statement[], ({ q, u, upsert, multi }) => {
      if (!multi) return collection.update(q, u, upsert)
      for (const { _id } of collection.find(q)) collection.update({ _id }, u)
      return {}
    }),
  delete: ({ deletes }, collection) =>
    each(deletes as Statement[], ({ q }) => {
      const before = collection.remove(q)
      return before ? { before } : {}
    }),
  findAndModify: ({ query, update, upsert, remove, new: isNew }, collection) => {
    if (remove) return { lastErrorObject: { n: 1 }, value: collection.remove(query as Doc) ?? null }
    const { before, after, upserted } = collection.update(query as Doc, update as Doc, upsert === true)
    const lastErrorObject = {
      updatedExisting: before !== undefined,
      n: after ? 1 : 0,
      ...(upserted ? { upserted } : {}),
    }
    return { lastErrorObject, value: (isNew ? after : before) ?? null }
  },
  find: ({ filter, limit }, collection, namespace) => {
    const found = collection.find((filter ?? {}) as Doc)
    return cursor(namespace, typeof limit === 'number' && limit > 0 ? found.slice(0, limit) : found)
  },
  aggregate: ({ pipeline, $db }, collection, namespace) =>
    cursor(
      namespace,
      (pipeline as Doc[]).reduce<Doc[]>((docs, stage) => runStage(stage, docs, collection, $db), []),
    ),
  bulkWrite: ({ ops, nsInfo }) => bulkWrite(ops as Doc[], nsInfo as { ns: string }[]),
}

function hello({ port }: Doc): Doc {
  const self = `127.0.0.1:${port}`
  return {
    ...{ helloOk: true, isWritablePrimary: true, ismaster: true, readOnly: false, localTime: new Date() },
    ...{ setName: 'stub', setVersion: 1, hosts: [self], me: self, primary: self },
    ...{ maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000 },
    // Of MongoDB 8, whose drivers may send bulkWrite.
    ...{ minWireVersion: 0, maxWireVersion: 25, logicalSessionTimeoutMinutes: 30, connectionId: 1 },
  }
}

const cursor = (ns: string, firstBatch: Doc[]): Doc => ({ cursor: { id: mongo.BSON.Long.ZERO, ns, firstBatch } })

/** Runs the statements of one command, and answers with counts, what was inserted, and the refused ones. */
function each<T>(statements: readonly T[], write: (statement: T) => Written): Doc {
  const upserted: Doc[] = []
  const writeErrors: Doc[] = []
  let [n, nModified] = [0, 0]
  statements.forEach((statement, index) => {
    try {
      const written = write(statement)
      if (written.before) nModified++
      if (written.before || written.upserted) n++
      if (written.upserted) upserted.push({ index, _id: written.upserted })
    } catch (error) {
      if (!(error instanceof DuplicateKey)) throw error
      writeErrors.push({ index, ...duplicateKey(error) })
    }
  })
  return { n, nModified, ...(upserted.length > 0 && { upserted }), ...(writeErrors.length > 0 && { writeErrors }) }
}

function runStage(stage: Doc, docs: Doc[], collection: Collection, database: unknown): Doc[] {
  const [[name, operand] = ['', undefined]] = Object.entries(stage)
  if (name === '$match') return collection.find(operand as Doc)
  if (name === '$limit') return docs.slice(0, operand as number)
  if (name !== '$lookup') throw new Error(`The stub server does not know the stage ${name}.`)
  const { from, localField, foreignField, as } = operand as Record<
    'from' | 'localField' | 'foreignField' | 'as',
    string
  >
  const others = collectionOf(`${database}.${from}`)
  return docs.map((doc) => ({ ...doc, [as]: others.find({ [foreignField]: doc[localField] }) }))
}

/** The command of MongoDB 8 that writes to several collections. */
function bulkWrite(ops: readonly Doc[], namespaces: readonly { ns: string }[]): Doc {
  const results = ops.map((op, idx) => {
    const collection = collectionOf(namespaces[(op.update ?? op.insert ?? op.delete) as number]?.ns ?? '')
    if (op.insert !== undefined)
      return { idx, ...each([op.document as Doc], (doc) => ({ upserted: collection.insert(doc)._id })) }
    if (op.update === undefined) throw new Error('The stub server knows only inserts and updates in bulkWrite.')
    const { writeErrors, upserted, ...counts } = each([op], () =>
      collection.update(op.filter as Doc, op.updateMods as Doc, op.upsert === true),
    )
    const [refused] = (writeErrors ?? []) as Doc[]
    const [inserted] = (upserted ?? []) as { _id: unknown }[]
    return { ok: refused ? 0 : 1, idx, ...counts, ...(inserted && { upserted: { _id: inserted._id } }), ...refused }
  })
  const nUpserted = results.filter((one) => 'upserted' in one).length
  const nErrors = results.filter((one) => 'code' in one).length
  return {
    ...cursor('admin.$cmd.bulkWrite', results),
    ...{
      nErrors,
      nInserted: 0,
      nDeleted: 0,
      nUpserted,
      nModified: ops.length - nErrors - nUpserted,
      nMatched: ops.length - nErrors - nUpserted,
    },
  }
}
