import type { Connection } from 'mongoose'
import { CHAOS_INSTANCE } from './clerk-api'
import type { Stranger } from './plot'
import { endpointsOf, type LibraryExports, modelOf, type Setting } from './subject'

/** What a stranger works with. */
export interface Ground {
  library: LibraryExports
  connection: Connection
  clerkApiUrl: string
  setting: Setting
  /** Ids that Clerk has deleted. */
  deleted: readonly string[]
}

/** Whose deletion a stranger applies. `undefined`: Clerk has deleted nobody. */
export const visitedBy = ({ deleted }: Ground, { who }: Stranger): string | undefined =>
  deleted[who % Math.max(1, deleted.length)]

/** Applies a deletion as a process without hooks does. What fails, because the database is away, is tried by nobody again. */
export async function visit(ground: Ground, { kind, who }: Stranger, clerkId: string): Promise<void> {
  const { library, connection, clerkApiUrl, setting } = ground
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
  // Another may be at it.
  await app.reconcile({ users: [clerkId], apply: true }).catch(() => {})
}
