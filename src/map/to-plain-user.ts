import { privatePathNames } from './private-paths'

/** `T` with ids and dates as text and without methods, as passed from server to client components. */
export type Plain<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Date | bigint
    ? string
    : T extends { readonly _bsontype: 'Double' | 'Int32' }
      ? number
      : T extends { toHexString(): string } | { readonly _bsontype: string } | Uint8Array
        ? string
        : T extends ReadonlyMap<string, infer V>
          ? Record<string, Plain<V>>
          : T extends readonly (infer V)[]
            ? Plain<V>[]
            : T extends object
              ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Plain<T[K]> }
              : never

/**
 * Converts a document to a plain object that is safe to pass from server to client: ids and dates become text, bytes
 * base64, and methods are removed. Also removes `__v`, the library's own marks, and the path named as `passwordPath`.
 * Renamed paths (`paths`) are removed from documents, but not from `lean()` results.
 *
 * @example
 * const user = await clerkSync.ensureUser(userId)
 * return <Profile user={user && toPlainUser(user)} />
 */
export function toPlainUser<T extends object>(doc: T): Plain<RawOf<T>> {
  const { schema, toObject } = doc as { schema?: DocumentSchema; toObject?: () => object }
  const plain = plainObject(toObject ? toObject.call(doc) : doc)
  for (const path of ['__v', ...privatePathNames, ...(schema?.options?.clerkSync?.privatePaths ?? [])]) {
    remove(plain, path.split('.'))
  }
  return plain as ReturnType<typeof toPlainUser<T>>
}

/**
 * The fields of a document. mongoose overloads `toObject`: the last overload takes a type from the caller, the one
 * before it has the document's.
 */
type RawOf<T> = T extends { toObject: { (options?: never): infer Raw; (options?: never): infer Only } }
  ? unknown extends Raw
    ? Only
    : Raw
  : T

interface DocumentSchema {
  options?: { clerkSync?: { privatePaths?: readonly string[] } }
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (value instanceof Date) return value.toJSON()
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return plainObject(Object.fromEntries(value))
  if ('toHexString' in value && typeof value.toHexString === 'function') return value.toHexString()
  if (value instanceof Uint8Array) return base64(value)
  if ('_bsontype' in value) return plainBson(value as BsonValue)
  return plainObject(value)
}

interface BsonValue {
  _bsontype: string
  /** Of a `Binary`: 4 means UUID. */
  sub_type?: number
  toUUID?(): { toHexString(): string }
  toString(encoding?: 'base64'): string
}

/** Converts the driver's types: numbers that JavaScript can represent to numbers, all others to text. */
function plainBson(value: BsonValue): unknown {
  if (value._bsontype === 'Double' || value._bsontype === 'Int32') return Number(value)
  if (value.sub_type === 4 && value.toUUID) return value.toUUID().toHexString()
  return value._bsontype === 'Binary' ? value.toString('base64') : value.toString()
}

/** Without `Buffer`, which edge runtimes may lack. */
const base64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

function plainObject(source: object): Record<string, unknown> {
  const entries = Object.entries(source).map(([key, value]) => [key, plainValue(value)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

function remove(target: Record<string, unknown>, [key, ...rest]: string[]): void {
  if (key === undefined) return
  const next = target[key]
  if (rest.length === 0) delete target[key]
  else if (typeof next === 'object' && next !== null) remove(next as Record<string, unknown>, rest)
}

/** Converts the document of an organization, as `toPlainUser` does that of a user. */
export function toPlainOrganization<T extends object>(doc: T): ReturnType<typeof toPlainUser<T>> {
  return toPlainUser(doc)
}

/** Converts the document of a membership, as `toPlainUser` does that of a user. */
export function toPlainMembership<T extends object>(doc: T): ReturnType<typeof toPlainUser<T>> {
  return toPlainUser(doc)
}
