import { mongo } from 'mongoose'
import { applyUpdate } from './apply-update'
import { comparable, type Doc, matches, operatorsOf } from './matches'

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

/** Documents in memory, found by `_id` and by `clerkId` without a search. Both are unique. */
export class Collection {
  readonly #byId = new Map<unknown, Doc>()
  readonly #byClerkId = new Map<unknown, Doc>()

  find(filter: Doc): Doc[] {
    return this.#candidates(filter).filter((doc) => matches(doc, filter))
  }

  insert(given: Doc): Doc {
    const doc: Doc = { ...given, _id: given._id ?? new mongo.ObjectId() }
    if (this.#byId.has(comparable(doc._id))) throw new DuplicateKey('_id')
    if (doc.clerkId != null && this.#byClerkId.has(doc.clerkId)) throw new DuplicateKey('clerkId')
    this.#keep(doc)
    return doc
  }

  /** Updates the first document that matches. With `upsert`, inserts one if there is none. */
  update(filter: Doc, update: Doc, upsert = false): Written {
    const [before] = this.find(filter)
    if (before) {
      const after = applyUpdate(before, update, false)
      this.#keep(after)
      return { before, after }
    }
    if (!upsert) return {}
    const after = this.insert(applyUpdate(equalities(filter), update, true))
    return { after, upserted: after._id }
  }

  remove(filter: Doc): Doc | undefined {
    const [doc] = this.find(filter)
    if (!doc) return undefined
    this.#byId.delete(comparable(doc._id))
    this.#byClerkId.delete(doc.clerkId)
    return doc
  }

  #keep(doc: Doc): void {
    this.#byId.set(comparable(doc._id), doc)
    if (doc.clerkId != null) this.#byClerkId.set(doc.clerkId, doc)
  }

  #candidates(filter: Doc): Doc[] {
    for (const [path, index] of [
      ['_id', this.#byId],
      ['clerkId', this.#byClerkId],
    ] as const) {
      const wanted = wantedValues(filter[path])
      if (wanted) return wanted.map((value) => index.get(comparable(value))).filter((doc) => doc !== undefined)
    }
    return [...this.#byId.values()]
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
