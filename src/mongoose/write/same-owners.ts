import type { mongo } from 'mongoose'
import { guardedDelete } from '../deletion/delete'
import { remove } from '../deletion/deletion'
import { type AnyDoc, resolveRules, type Target, valueAt } from '../target/target'
import { sameVersion } from './conflict-reason'
import { versionOf } from './own-document'
import { linkTo } from './push-extension'
import { type Collision, conflict, type Resolution, retry, unexplained } from './resolution'

/** Whether an index allows one document of each combination of owners: one membership of a user in an organization. */
export function isByOwners({ options, paths }: Target, { key }: mongo.IndexDescriptionInfo): boolean {
  const owners = options.entity.owners(paths)
  return owners.length > 0 && owners.every((path) => path in key)
}

/**
 * Clerk has one resource of each combination of owners at a time, so the older of two is gone there, and ends here. An
 * app's document without a Clerk id is the same resource, and is taken over.
 */
export async function againstOthersOf(collision: Collision, holder: AnyDoc | null): Promise<Resolution> {
  const { target, incoming, state, own } = collision
  if (!holder) return unexplained(state)
  const holderId = valueAt(holder, target.idPath)
  if (typeof holderId !== 'string' || holderId === '') {
    return own || state.linkTo ? unexplained(state) : retry(linkTo(target, incoming, state, holder))
  }
  if (holderId === incoming.clerkId) return unexplained(state)
  if (valueAt(holder, target.paths.clerkDeletedAt)) return removeEnded(collision, holderId)
  const version = versionOf(target, holder)
  if (version && version > incoming.at) return { outcome: 'stale' }
  if (!version || version < incoming.at) return end(collision, holderId)
  const current = await incoming.fetch(incoming.clerkId)
  const [path = ''] = target.options.entity.owners(target.paths)
  if (current === undefined) return conflict(sameVersion(state.entity, path, false))
  return current ? end(collision, holderId) : { outcome: 'stale' }
}

async function end({ target, incoming, state, context }: Collision, holderId: string): Promise<Resolution> {
  const { onDelete } = resolveRules(target, context)
  // Without its message: the hook of its own deletion stays due for the event about it.
  const { messageId: _, marks: __, isFinished: ___, ...others } = context
  const { conflict: reason } = await guardedDelete(target, holderId, onDelete, {
    ...others,
    eventAt: incoming.at.getTime(),
  })
  return reason ? conflict(reason) : retry(state)
}

/** An index of the app's counts documents that ended: the later one takes the place. */
async function removeEnded({ target, state, context }: Collision, holderId: string): Promise<Resolution> {
  const isRemoved = await remove(target, holderId, context, false)
  return isRemoved ? retry(state) : unexplained(state)
}
