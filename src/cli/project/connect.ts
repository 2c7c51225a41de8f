import type { ClerkSync } from '../../create-clerk-sync'
import { isClerkSyncError } from '../../errors'
import { uriVariables } from '../../store/connection-string'
import type { StoreLocation } from '../../store/write'
import type { Io } from '../terminal/io'
import { CommandError } from '../terminal/run-command'
import { uriNameOf } from './environment'
import { type Project, readProject } from './project'

/** Time limit of a whole command if the database is unavailable. */
const TOTAL_MS = 4_800
/** Minimum time for the connection, even if loading the config was slow. */
const LEAST_MS = 3_000

/** How long a command waits for the connection, in milliseconds, regardless of the app's own timeout. */
export const connectMs = (): number => Math.max(LEAST_MS, TOTAL_MS - Math.round(performance.now()))

/**
 * Connects, and prints the location of the users: a line on stdout, `store` in the JSON.
 * @param root The folder of the config.
 * @throws {CommandError} if the database is unavailable or refuses the login, within five seconds.
 */
export async function connectFirst(io: Io, clerkSync: ClerkSync, root: string): Promise<void> {
  // The app's copy of this package can be older than this command.
  if (typeof clerkSync.connect !== 'function') return
  const timeoutMs = connectMs()
  const store = await clerkSync.connect({ timeoutMs }).catch((error: unknown) => {
    throw isClerkSyncError(error) ? describe(error, { io, root, timeoutMs }) : error
  })
  if (store) showStore(io, store)
}

/** Prints the first line of every command that uses the database. */
export function showStore(io: Io, store: StoreLocation): void {
  io.result({ store })
  io.out(io.colors.dim(`MongoDB ${store.server}, database ${store.database}, collection ${store.collection}`))
}

interface Attempt {
  io: Io
  root: string
  timeoutMs: number
}

function describe(error: Error & { code: string }, { io, root, timeoutMs }: Attempt): CommandError {
  const { code, message, cause } = error
  // Without a cause, our time limit ended it, not the driver.
  const isCutOff = code === 'timed_out' && cause === undefined
  const notes = [
    message,
    isCutOff ? `This command waits ${Math.round(timeoutMs / 1_000)} s, regardless of serverSelectionTimeoutMS.` : '',
    missingVariable(root, io.env) ?? '',
    'Run `clerk-mongo-sync doctor` for details.',
  ]
  return new CommandError(notes.filter(Boolean).join(' '), { code, cause: error })
}

/** The variable to set, if the app reads its connection string from one that is not set here. */
export function missingVariable(root: string, env: NodeJS.ProcessEnv): string | undefined {
  if (uriVariables(env).length > 0) return undefined
  try {
    const name = variableRead(readProject(root), env)
    if (name === undefined || env[name]) return undefined
    return `The app reads its connection string from ${name}, which is not set. Set it, or pass its file with --env.`
  } catch {
    return undefined
  }
}

/**
 * The variable in a call such as `connect(process.env.MONGODB_URL)`, else one with a common name that the app reads.
 */
function variableRead(project: Project, env: NodeJS.ProcessEnv): string | undefined {
  const call = /\bconnect(?:Once)?\s*\(\s*process\.env(?:\.(\w+)|\[['"](\w+)['"]\])/
  for (const { code } of project.sources) {
    const [, dotted, quoted] = call.exec(code) ?? []
    if (dotted ?? quoted) return dotted ?? quoted
  }
  const usual = uriNameOf(project, env)
  return project.sources.some(({ code }) => new RegExp(`\\benv\\b.{0,3}\\b${usual}\\b`).test(code)) ? usual : undefined
}
