import type { Project } from '../project/project'
import type { Plan } from './plan'

/** How an app without mongoose accesses its users. */
export interface NativeDriver {
  /** The users' collection, if the source shows it. */
  collection: string | undefined
  /** The database named in the source, which the connection string may not contain. */
  database: string | undefined
}

/** Finds the native driver in an app without mongoose; `undefined` for other apps. */
export function findNativeDriver({ has, sources }: Project): NativeDriver | undefined {
  if (!has('mongodb') || has('mongoose')) return undefined
  const named = (pattern: RegExp) =>
    sources.flatMap(({ code }) => [...code.matchAll(pattern)].map(([, , name = '']) => name))
  const collections = named(/\.collection\s*(?:<[^()]*>)?\s*\(\s*(['"`])([\w-]+)\1/g)
  const databases = new Set(named(/\.db\s*\(\s*(['"`])([\w-]+)\1/g))
  return {
    collection: collections.find((name) =>
      /^(app_?)?(user|account|member|people|person|customer|profile)s?$/i.test(name),
    ),
    database: databases.size === 1 ? [...databases][0] : undefined,
  }
}

/** Explains why mongoose is needed, and what does not change. */
export function noteNativeDriver(plan: Plan, { collection = 'users' }: NativeDriver, file: string): void {
  plan.note(
    'mongodb',
    `Your app uses the native driver (mongodb). This library writes users with a mongoose model, so mongoose is installed ` +
      `as well and opens its own connection. ${file} uses the collection ${collection}. Your code continues to read and write ` +
      `it with the driver. Fields that are not in the schema of ${file} are not changed.`,
  )
}
