import { uriNameOf } from '../project/environment'
import type { Project } from '../project/project'
import type { Connect } from './connect'
import { type FoundConnection, findConnection } from './find-connect'
import { importPath } from './import-path'
import { findNativeDriver } from './native-driver'
import { nestDatabaseOf } from './nest-app'
import { linkedSources, publicPart } from './packages'
import type { Plan } from './plan'

/** Plans a connection to the app's own database: with the app's function, or else with the same arguments. */
export function planConnect(plan: Plan, project: Project, file: string, env: NodeJS.ProcessEnv): Connect {
  const found = findConnection(project) ?? findConnection({ sources: linkedSources(project) })
  if (found?.connector) return byFunction(plan, project, file, { ...found, connector: found.connector })
  const variable = `process.env.${uriNameOf(project, env)}`
  if (!found) return byConnectOnce(project, variable, driverOptions(project))
  const { uri, options = '' } = found
  if (uri === undefined || found.options === undefined) adviseSame(plan, file, found, variable)
  return byConnectOnce(project, uri ?? variable, options)
}

/** `dbName`, if the app passes the database to the native driver or to NestJS instead of in the connection string. */
function driverOptions(project: Project): string {
  const database = findNativeDriver(project)?.database ?? nestDatabaseOf(project)
  return database === undefined ? '' : `{ dbName: '${database}' }`
}

function byConnectOnce(project: Project, uri: string, options: string): Connect {
  const args = [typed(project, uri), ...(options === '' ? [] : [options])]
  return { value: `() => connectOnce(${args.join(', ')})`, from: undefined }
}

/** An environment variable may be undefined in TypeScript. */
const typed = ({ isTypeScript }: Project, uri: string) =>
  isTypeScript && /process\.env(\.\w+|\[['"]\w+['"]\])$/.test(uri) ? `${uri}!` : uri

/** Advice if the source does not show a connection's arguments, or contains a password. */
function adviseSame(plan: Plan, sync: string, { file, line, call }: FoundConnection, variable: string): void {
  const where = `${file.path}:${line} connects`
  if (/mongodb(\+srv)?:/.test(call)) {
    const name = variable.replace('process.env.', '')
    plan.note(
      'connect',
      `${where} to an address in the code. Move it to the variable ${name}, which ${sync} reads, and read it from there.`,
    )
    return
  }
  const same = `connect: () => ${call.replace(/^.*?connect\s*\(/, 'connectOnce(')}`
  plan.note(
    'connect',
    `${where} with values that other files cannot read. Add this to ${sync}, with the imports it needs, so that users are stored in the same database:`,
    [same],
  )
}

type WithConnector = FoundConnection & { connector: NonNullable<FoundConnection['connector']> }

function byFunction(plan: Plan, project: Project, sync: string, { file, line, connector }: WithConnector): Connect {
  const { name, kind, args, exits, swallows, isTooEarly } = connector
  if (exits) {
    const message =
      `${file.path}:${exits.line}: ${name} ends the process if MongoDB is unavailable. A delivery would stop the app, and doctor and ` +
      'the jobs could not report the error. Replace process.exit with this, which also ends the start of the app:'
    plan.note('connect', message, [`throw ${exits.error}`])
  }
  if (swallows) {
    const message =
      `${file.path}:${swallows.line}: ${name} continues if MongoDB is unavailable, so deliveries would wait until they time out. ` +
      `Add this at the end of the catch block:`
    plan.note('connect', message, [`throw ${swallows.error}`])
  }
  if (isTooEarly) {
    plan.note('connect', `${file.path}:${line}: ${name} returns before the connection is open. Return the promise:`, [
      'return mongoose.connect(…)',
    ])
  }
  const value = args.length === 0 ? name : `() => ${name}(${args.map((arg) => typed(project, arg)).join(', ')})`
  const from = publicPart(project, { name, kind, file: file.path })
  return { value: value.replace(name, from.name), from: { ...from, path: importPath(project, sync, from.file) } }
}
