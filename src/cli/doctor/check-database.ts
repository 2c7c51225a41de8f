import { uriVariables } from '../../store/connection-string'
import type { Finding } from '../../store/finding'
import type { StoreLocation } from '../../store/write'
import { connectCalls, isScript } from '../init/find-connect'
import type { Project } from '../project/project'
import { evaluate, type Scope, split } from './evaluate'

/** MongoDB's default database name. */
const UNNAMED = 'test'

/** A call of the app that connects mongoose. */
interface Connection {
  path: string
  line: number
  database: string
  /** Whether the name is given and not MongoDB's default. */
  isNamed: boolean
}

/** Checks that the app's own code connects mongoose to the config's database, and that its name is given. */
export function checkDatabase(
  { sources }: Pick<Project, 'sources'>,
  store: StoreLocation,
  env: NodeJS.ProcessEnv,
): Finding[] {
  const connections = sources
    .filter(({ path }) => !isScript(path))
    .flatMap((file) => connectionsIn({ file, sources, env }))
  const elsewhere = connections.filter(({ database }) => database.toLowerCase() !== store.database.toLowerCase())
  if (elsewhere.length > 0) return elsewhere.map((connection) => differs(connection, store))
  const isNamed =
    connections.some((connection) => connection.isNamed) ||
    uriVariables(env).some((name) => databaseIn(env[name] ?? '') !== undefined)
  if (store.database !== UNNAMED || isNamed) return []
  return [
    {
      check: 'database_name',
      verdict: 'warning',
      message: `The users are in the database ${UNNAMED}, MongoDB's default if no name is given.`,
      remedy:
        'Give the same name where the app connects and in connectOnce: after the host in the connection string (mongodb://…/NAME), or ' +
        `as dbName. If this database is intended, add /${UNNAMED}.`,
    },
  ]
}

function differs({ path, line, database }: Connection, store: StoreLocation): Finding {
  return {
    check: 'app_database',
    verdict: 'warning',
    message: `${path}:${line} connects mongoose to the database ${database}, but the config to ${store.database}, which the app does not read.`,
    remedy: `Connect both to one database: pass the function of ${path} to createClerkSync as connect, or connectOnce(uri, { dbName: '${database}' }).`,
  }
}

function connectionsIn(scope: Scope): Connection[] {
  const { file } = scope
  return connectCalls(file).flatMap(({ line, args: [uri = '', options = ''] }) => {
    const dbName = optionIn(options, scope)
    if (dbName === null) return []
    const named = dbName ?? databaseOfUri(uri, scope)
    if (named === undefined) return []
    return [{ path: file.path, line, database: named || UNNAMED, isNamed: named !== '' }]
  })
}

/** The value of `dbName` in options; `undefined` if it is missing, `null` if the source does not show it. */
function optionIn(options: string, scope: Scope): string | undefined | null {
  const named = /^[\w$]+$/.test(options) ? definitionOf(options, scope.file.code) : options
  if (named === undefined) return null
  const [, given] = /\bdbName\b\s*(?::\s*([\s\S]*))?/.exec(named) ?? [undefined, undefined]
  if (!/\bdbName\b/.test(named)) return undefined
  return evaluate(given === undefined ? 'dbName' : (split(given, /[,}]/y)[0] ?? ''), scope) ?? null
}

const definitionOf = (name: string, code: string) =>
  new RegExp(`(?:const|let|var) ${name}\\b[^=\\n]*=\\s*(\\{[^}]*\\})`).exec(code)?.[1]

/** The database in a connection string, `''` without one, `undefined` if the source does not show it. */
function databaseOfUri(uri: string, scope: Scope): string | undefined {
  const value = evaluate(uri, scope)
  return value !== undefined && /^mongodb(\+srv)?:\/\//.test(value) ? (databaseIn(value) ?? '') : undefined
}

function databaseIn(uri: string): string | undefined {
  const [, name = ''] = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]*)/.exec(uri) ?? []
  try {
    return decodeURIComponent(name) || undefined
  } catch {
    return name
  }
}
