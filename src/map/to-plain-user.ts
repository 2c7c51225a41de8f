/** `T` with ids and dates as text and without methods: what crosses from server to client components. */
export type Plain<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends Date
    ? string
    : T extends { toHexString(): string }
      ? string
      : T extends ReadonlyMap<string, infer V>
        ? Record<string, Plain<V>>
        : T extends readonly (infer V)[]
          ? Plain<V>[]
          : T extends object
            ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Plain<T[K]> }
            : never

/**
 * A document as a plain object that is safe to hand from server to client: ids and dates are text, methods are gone, and
 * so are the library's own marks, `__v`, and (for documents, not for `lean()` results) the path named as `passwordPath`.
 */
export function toPlainUser<T extends object>(doc: T): Plain<T extends { toObject(): infer Raw } ? Raw : T> {
  const { schema, toObject } = doc as { schema?: DocumentSchema; toObject?: () => object }
  const plain = plainObject(toObject ? toObject.call(doc) : doc)
  for (const path of ['__v', 'clerkHooksDue', 'clerkPushDue', ...(schema?.options?.clerkSync?.privatePaths ?? [])]) {
    remove(plain, path.split('.'))
  }
  return plain as ReturnType<typeof toPlainUser<T>>
}

interface DocumentSchema {
  options?: { clerkSync?: { privatePaths?: readonly string[] } }
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plainValue)
  if (value instanceof Map) return plainObject(Object.fromEntries(value))
  if ('toHexString' in value && typeof value.toHexString === 'function') return value.toHexString()
  // Decimal128, Long, Binary, UUID and the like: text, as JSON would have it.
  if ('_bsontype' in value) return String(value)
  return plainObject(value)
}

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
