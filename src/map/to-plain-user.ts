import { privatePathNames } from './private-paths'

/** `T` with ids and dates as text and without methods: what crosses from server to client components. */
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
 * A document as a plain object that is safe to hand from server to client: ids and dates are text, bytes base64, methods gone, and
 * so are `__v` and the library's own marks; for documents, not for `lean()` results, also where `paths` renames them, and the path
 * named as `passwordPath`.
 */
export function toPlainUser<T extends object>(doc: T): Plain<RawOf<T>> {
  const { schema, toObject } = doc as { schema?: DocumentSchema; toObject?: () => object }
  const plain = plainObject(toObject ? toObject.call(doc) : doc)
  for (const path of ['__v', ...privatePathNames, ...(schema?.options?.clerkSync?.privatePaths ?? [])]) {
    remove(plain, path.split('.'))
  }
  return plain as ReturnType<typeof toPlainUser<T>>
}

/** The fields of a document. Of mongoose's `toObject` overloads the last takes a type of the caller's choice, the one before it says what it is. */
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
  /** Of `Binary`: 4 for a UUID. */
  sub_type?: number
  toUUID?(): { toHexString(): string }
  toString(encoding?: 'base64'): string
}

/** The driver's own types: numbers that JavaScript can hold as numbers, all else as text. */
function plainBson(value: BsonValue): unknown {
  if (value._bsontype === 'Double' || value._bsontype === 'Int32') return Number(value)
  if (value.sub_type === 4 && value.toUUID) return value.toUUID().toHexString()
  return value._bsontype === 'Binary' ? value.toString('base64') : value.toString()
}

/** Not `Buffer`, which edge runtimes may lack. */
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
