import { ClerkSyncError } from '../../errors'
import { overlap, pushableProfile } from '../target/owned-paths'
import { schemaOf, schemaPath, type Target } from '../target/target'

/**
 * Rejects a `push` that contradicts the schema or the mapping from Clerk.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function checkOwned(target: Target, mapped: Iterable<string>): void {
  const { push, paths } = { push: target.options.push ?? [], paths: target.paths }
  // Values that the default mapping has for these paths are ignored.
  const profile = Object.keys(pushableProfile).map((name) => paths[name as keyof typeof pushableProfile])
  for (const { path } of push) {
    if (!isInSchema(target, path)) throw unfit(`push names ${path}, which is no path of the schema.`)
    const list = parentsOf(path).find((parent) => /Array$/.test(schemaPath(target.model, parent)?.instance ?? ''))
    if (list !== undefined)
      throw unfit(`push names ${path}, which is within the list ${list}. Name the list as a whole.`)
  }
  for (const path of mapped) {
    const owned = push.find((one) => overlap(one.path, path))
    if (owned && !(owned.field === 'profile' && profile.includes(path)))
      throw unfit(`mapUser gives ${path}, and push says that MongoDB owns ${owned.path}. Take it out of one of them.`)
  }
}

/** Accepts paths beneath a Mixed or Map path too. */
function isInSchema({ model }: Target, path: string): boolean {
  const kind = schemaOf(model).pathType(path)
  if (kind === 'real' || kind === 'nested') return true
  return parentsOf(path).some((parent) => ['Mixed', 'Map'].includes(schemaPath(model, parent)?.instance ?? ''))
}

const parentsOf = (path: string): string[] => path.split('.').map((_, index, keys) => keys.slice(0, index).join('.'))

const unfit = (message: string) => new ClerkSyncError('schema_unfit', message)
