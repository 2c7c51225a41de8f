import type { SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { HostSchema } from '../target/host-schema'
import type { ResolvedPluginOptions } from '../target/plugin-options'

/** Where apps keep the password of local accounts, in the order in which they are looked for. */
const usualPaths = ['passwordHash', 'password', 'hashedPassword']

type Required = SchemaType & { options: { required?: unknown; default?: unknown }; originalRequiredValue?: unknown }

/**
 * Makes the schema's password a matter of local accounts. Without the option `passwordPath` the usual paths are looked for, and
 * once more when a model is made, for what was added since.
 * @throws {ClerkSyncError} `schema_unfit` for an option that names no path of the schema.
 */
export function addPassword(schema: HostSchema, given: string | false | undefined): void {
  if (given === false) return
  if (given === undefined) {
    findPassword(schema)
    schema.on('init', ({ schema: ofModel }) => findPassword(ofModel))
    return
  }
  if (!schema.path(given)) throw new ClerkSyncError('schema_unfit', `passwordPath: the schema has no path ${given}.`)
  keepPassword(schema, given)
}

function findPassword(schema: HostSchema): void {
  const { clerkSync } = schema.options as { clerkSync?: ResolvedPluginOptions }
  if (clerkSync?.passwordPath !== undefined) return
  const found = usualPaths.find((path) => {
    const password = schema.path(path) as Required | undefined
    return password?.instance === 'String' && isRequired(password) && password.options.default === undefined
  })
  if (found !== undefined) keepPassword(schema, found)
}

function keepPassword(schema: HostSchema, path: string): void {
  const { clerkSync } = schema.options as { clerkSync: ResolvedPluginOptions }
  clerkSync.passwordPath = path
  clerkSync.privatePaths = [...clerkSync.privatePaths, path]
  relax(schema.path(path) as Required, clerkSync.paths.authProvider)
}

const ruleOf = ({ options, originalRequiredValue }: Required): unknown => options.required ?? originalRequiredValue

function isRequired(password: Required): boolean {
  const rule = ruleOf(password)
  return Boolean(Array.isArray(rule) ? rule[0] : rule)
}

/** Required only where the account is not Clerk's, and where the app's own rule says so. */
function relax(password: Required, authProvider: string): void {
  if (!isRequired(password)) return
  const rule = ruleOf(password)
  const [condition, message] = Array.isArray(rule) ? rule : [rule, undefined]
  const isNeeded = function (this: { get?(path: string): unknown }) {
    if (this.get?.(authProvider) === 'clerk') return false
    return typeof condition === 'function' ? Boolean(condition.call(this)) : Boolean(condition)
  }
  // The old rule goes first, or both would hold.
  password.required(false)
  // mongoose takes a function here as in a definition; its types know the boolean alone.
  password.required(isNeeded as unknown as boolean, message as string)
}
