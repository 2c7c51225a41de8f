/** The database of the demo: the one in the connection string, else a new one on its server. */
export interface DemoDatabase {
  uri: string
  name: string
  /** Whether the name was generated for this run, so that the database is dropped afterwards. */
  isOurs: boolean
}

const form = /^(mongodb(?:\+srv)?:\/\/)([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/

export function demoDatabase(given: string, fresh = `clerk_demo_${process.pid}_${Date.now()}`): DemoDatabase {
  const [, scheme, hosts, named, query = ''] = form.exec(given) ?? []
  if (!scheme || !hosts) throw new Error('MONGODB_URI must start with mongodb:// or mongodb+srv:// and name a host.')
  if (named) return { uri: given, name: decodeURIComponent(named), isOurs: false }
  const options = new URLSearchParams(query)
  // A name in the path would also become the database to authenticate against.
  if (hosts.includes('@') && !options.has('authSource')) options.set('authSource', 'admin')
  const suffix = options.size > 0 ? `?${options}` : ''
  return { uri: `${scheme}${hosts}/${fresh}${suffix}`, name: fresh, isOurs: true }
}

/** The connection string without its password. */
export const withoutPassword = (uri: string) => uri.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@')
