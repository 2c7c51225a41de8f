import type { Connection } from 'mongoose'
import { CHAOS_INSTANCE } from './clerk-api'
import type { OtherProcess } from './plot'
import { endpointsOf, type LibraryExports, modelOf, type Setting } from './subject'

/** What a process without hooks works with. */
export interface OtherProcessContext {
  library: LibraryExports
  connection: Connection
  clerkApiUrl: string
  setting: Setting
  /** Ids that Clerk has deleted. */
  deleted: readonly string[]
}

/** Id of the user whose deletion is applied. `undefined`: Clerk has deleted none. */
export const deletionTarget = ({ deleted }: OtherProcessContext, { who }: OtherProcess): string | undefined =>
  deleted[who % Math.max(1, deleted.length)]

/** Applies a deletion as a process without hooks does, without retries. */
export async function applyDeletion(
  context: OtherProcessContext,
  { kind, who }: OtherProcess,
  clerkId: string,
): Promise<void> {
  const { library, connection, clerkApiUrl, setting } = context
  const endpoints = endpointsOf(setting)
  const users = modelOf(library, connection, setting.schema, endpoints[who % endpoints.length] ?? 0)
  if (kind === 'script') {
    await users.deleteFromClerk(clerkId).catch(() => {})
    return
  }
  const clerk = { secretKey: 'sk_test_chaos', apiUrl: clerkApiUrl }
  const app = library.createClerkSync({
    users,
    clerk,
    onDelete: setting.onDelete,
    instanceId: CHAOS_INSTANCE,
    logger: false,
  })
  // Another run may hold the lease.
  await app.reconcile({ users: [clerkId], apply: true }).catch(() => {})
}
