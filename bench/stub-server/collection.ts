import { mongo } from 'mongoose'
import { applyUpdate } from './apply-update'
import { comparable, type Doc, matches, operatorsOf, valueAt } from './matches'

/** What a write met: the document before and after, and the id of an inserted one. */
export interface Written {
  before?: Doc
  after?: Doc
  upserted?: unknown
}

/** The server refuses a second document with the same id, as a unique index does. */
export class DuplicateKey extends Error {
  constructor(readonly path: string) {
    super(`E11000 duplicate key error index: ${path}_1 dup key`)
  }
}

/** Documents in memory. What has a unique index is found without a search. */
export class Collection {
  readonly indexes: Doc[] = [{ v: 2, key: { _id: 1 }, name: '_id_' }]
  readonly #unique = new Map<string, Map<unknown, Doc>>([['_id', new Map()]])

  /** Indexes of several paths, and those that are not unique, are only listed. */
  addIndex(index: Doc): void {
    if (this.indexes.some(({ name }) => name === index.name)) return
    this.indexes.push({ v: 2, ...index })
    const [path = '', ...others] = Object.keys(index.key as Doc)
    if (index.unique !== true || others.length > 0) return
    this.#unique.set(path, new Map())
    for (const doc of this.find({})) this.#keep(doc)
  }

  find(filter: Doc): Doc[] {
    return this.#candidates(filter).filter((doc) => matches(doc, filter))
  }

  insert(given: Doc): Doc {
    const doc: Doc = { ...given, _id: given._id ?? new mongo.ObjectId() }
    this.#keep(doc)
    return doc
  }

  /** Updates the first document that matches. With `upsert`, inserts one if there is none. */
  update(filter: Doc, update: Doc, upsert = false): Written {
    const [before] = this.find(filter)
    if (before) {
      const after = applyUpdate(before, update, false)
      this.#keep(after, before)
      return { before, after }
    }
    if (!upsert) return {}
    const after = this.insert(applyUpdate(equalities(filter), update, true))
    return { after, upserted: after._id }
  }

  remove(filter: Doc): Doc | undefined {
    const [doc] = this.find(filter)
    if (!doc) return undefined
    for (const [path, index] of this.#unique) index.delete(comparable(valueAt(doc, path)))
    return doc
  }

  /** @throws {DuplicateKey} if another document has a value that must be unique. */
  #keep(doc: Doc, before?: Doc): void {
    for (const [path, index] of this.#unique) {
      const holder = index.get(comparable(valueAt(doc, path)))
      if (holder && holder !== before && holder !== doc) throw new DuplicateKey(path)
    }
    for (const [path, index] of this.#unique) {
      const [key, earlier] = [doc, before].map((one) => comparable(valueAt(one, path)))
      if (earlier !== key) index.delete(earlier)
      // Unique indexes of apps are sparse.
      if (key !== null) index.set(key, doc)
    }
  }

  #candidates(filter: Doc): Doc[] {
    for (const [path, index] of this.#unique) {
      const wanted = wantedValues(filter[path])
      if (wanted) return wanted.map((value) => index.get(comparable(value))).filter((doc) => doc !== undefined)
    }
    return [...(this.#unique.get('_id')?.values() ?? [])]
  }
}

/** The values of which one must be found; `undefined` if the condition does not say, or accepts a missing value. */
function wantedValues(condition: unknown): unknown[] | undefined {
  const operators = operatorsOf(condition)
  const values = operators ? operators.find(([name]) => name === '$in')?.[1] : [condition]
  return Array.isArray(values) && values.every((value) => value != null && value !== '') ? values : undefined
}

/** What an upsert copies from its filter into the document that it inserts. */
function equalities(filter: Doc): Doc {
  return Object.fromEntries(Object.entries(filter).filter(([path, value]) => path[0] !== '$' && !operatorsOf(value)))
}
