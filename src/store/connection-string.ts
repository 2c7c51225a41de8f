const isUri = (value: string | undefined): value is string => /^mongodb(\+srv)?:\/\//.test(value ?? '')

/**
 * How messages refer to the connection string: by the environment variables that contain one, so that people know what
 * to change.
 *
 * @param part A connection string: names only the variables equal to it, or to its beginning. Or a host: names the
 * variables that contain it.
 * @returns `the connection string in MONGODB_URL`, or `the connection string` if no variable matches. Never a value.
 */
export function connectionStringName(part = '', env = globalThis.process?.env ?? {}): string {
  const names = uriVariables(env)
  const exact = names.filter((name) => part !== '' && fits(env[name] ?? '', part))
  const named = exact.length > 0 || isUri(part) ? exact : names
  return named.length > 0 ? `the connection string in ${named.join(' or ')}` : 'the connection string'
}

/** Names of the environment variables that contain a MongoDB connection string. */
export function uriVariables(env: NodeJS.ProcessEnv = globalThis.process?.env ?? {}): string[] {
  return Object.keys(env).filter((name) => isUri(env[name]))
}

/** Apps append the database name to the variable's value. */
const fits = (value: string, part: string): boolean => part.startsWith(value) || value.includes(part)
