import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { fromPrimary, type Target, within } from '../target/target'

/** MongoDB's own databases. */
const systems = ['admin', 'local', 'config']
/** MongoDB's default database name. */
const UNNAMED = 'test'
/** How many databases are searched. */
const MAX_DATABASES = 1_000

/**
 * If the collection of the model is empty, looks for similar ones that are not: in the same database, names that differ only
 * in case or plural; in other databases, the same name, if this database has the default name.
 */
export async function diagnoseSiblings(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  const { collection, db } = target.model
  const { entity } = target.options
  const options = () => ({ ...fromPrimary, ...within(context) })
  if ((await collection.estimatedDocumentCount(options())) > 0) return []
  const client = db.getClient()
  // The database user may lack the permission; then nothing is reported.
  const names = await client
    .db(db.name)
    .listCollections({}, { nameOnly: true, ...options() })
    .toArray()
    .catch(() => [])
  const near = names
    .map(({ name }) => name)
    .filter((name) => name !== collection.name && plain(name) === plain(collection.name))
  const candidates = near.map((name) => ({ database: db.name, name }))
  if (db.name === UNNAMED) {
    const { databases } = await client
      .db()
      .admin()
      .listDatabases({ nameOnly: true, authorizedDatabases: true, ...options() })
      .catch(() => ({ databases: [] }))
    const others = databases.map(({ name }) => name).filter((name) => name !== db.name && !systems.includes(name))
    candidates.push(...others.slice(0, MAX_DATABASES).map((database) => ({ database, name: collection.name })))
  }
  const found: Finding[] = []
  for (const { database, name } of candidates) {
    const count = await client
      .db(database)
      .collection(name)
      .estimatedDocumentCount(options())
      .catch(() => 0)
    if (count > 0) found.push(sibling(entity.name, [`${db.name}.${collection.name}`, `${database}.${name}`], count))
  }
  return found
}

function sibling(name: string, [own, other]: readonly [string, string], count: number): Finding {
  return {
    check: 'elsewhere',
    verdict: 'warning',
    message: `${own} is empty, and ${other} on the same server has ${count.toLocaleString('en')} documents. Check whether those are the ${name}s of the app.`,
    remedy:
      'If so, connect to that database (its name in the connection string, or dbName), or set that collection in the schema.',
  }
}

const plain = (name: string) => name.toLowerCase().replace(/s$/, '')
