import { ClerkSyncError } from '../../errors'
import { overlap } from '../target/owned-paths'
import type { AnyPathName } from '../target/paths'
import { schemaOf, schemaPath, type Target } from '../target/target'

/**
 * Rejects a `push` that contradicts the schema or the mapping from Clerk.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function checkOwned(target: Target, mapped: Iterable<string>): void {
  const { push = [], entity } = target.options
  // Values that the default mapping has for these paths are ignored.
  const profile = Object.keys(entity.pushable?.profile ?? {}).map((name) => target.paths[name as AnyPathName])
  for (const { path } of push) {
    if (!isInSchema(target, path))
      throw unfit(`push names ${path}, which is not in the schema. Add it to the schema, or remove it from push.`)
    const list = parentsOf(path).find((parent) => /Array$/.test(schemaPath(target.model, parent)?.instance ?? ''))
    if (list !== undefined)
      throw unfit(`push names ${path}, which is inside the array ${list}. Name the whole array: ${list}.`)
  }
  for (const path of mapped) {
    const owned = push.find((one) => overlap(one.path, path))
    if (owned && !(owned.field === 'profile' && profile.includes(path)))
      throw unfit(
        `${entity.mapOption} returns ${path}, but push contains ${owned.path}. Remove the path from one of them.`,
      )
  }
}

/** Also accepts paths inside a Mixed or Map path. */
function isInSchema({ model }: Target, path: string): boolean {
  const kind = schemaOf(model).pathType(path)
  if (kind === 'real' || kind === 'nested') return true
  return parentsOf(path).some((parent) => ['Mixed', 'Map'].includes(schemaPath(model, parent)?.instance ?? ''))
}

const parentsOf = (path: string): string[] => path.split('.').map((_, index, keys) => keys.slice(0, index).join('.'))

const unfit = (message: string) => new ClerkSyncError('schema_unfit', message)
