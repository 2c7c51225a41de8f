const isUri = (value: string | undefined): value is string => /^mongodb(\+srv)?:\/\//.test(value ?? '')

/**
 * How messages name the connection string: with the environment variables that hold one, so that people know what to change.
 *
 * @param part A connection string: only a variable that it is, or begins with, is named. Or a host: where variables hold it, these.
 * @returns `the connection string in MONGODB_URL`, without a variable `the connection string`. Never a value.
 */
export function connectionStringName(part = '', env = globalThis.process?.env ?? {}): string {
  const names = uriVariables(env)
  const exact = names.filter((name) => part !== '' && fits(env[name] ?? '', part))
  const named = exact.length > 0 || isUri(part) ? exact : names
  return named.length > 0 ? `the connection string in ${named.join(' or ')}` : 'the connection string'
}

/** The names of the environment variables that hold a connection string of MongoDB. */
export function uriVariables(env: NodeJS.ProcessEnv = globalThis.process?.env ?? {}): string[] {
  return Object.keys(env).filter((name) => isUri(env[name]))
}

/** Apps put the name of the database behind what is in the variable. */
const fits = (value: string, part: string): boolean => part.startsWith(value) || value.includes(part)
