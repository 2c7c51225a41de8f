import type { Collection, mongo } from 'mongoose'
import type { WriteContext } from '../../store/write'
import { fromPrimary, within } from './target'

/** Lists a collection's indexes on the server. Empty if the collection does not exist yet. */
export async function indexesOf(
  collection: Pick<Collection, 'indexes'>,
  context: Pick<WriteContext, 'deadline'>,
): Promise<mongo.IndexDescriptionInfo[]> {
  try {
    return await collection.indexes({ ...fromPrimary, ...within(context) })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 26) return []
    throw error
  }
}
