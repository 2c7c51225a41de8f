import type { WriteContext } from '../../store/write'
import { statusIndexes } from '../schema/status-indexes'
import type { Target } from '../target/target'
import { listIndexes } from '../write/ready'

/** Names of the indexes that `status` lacks in a model's collection. Empty if the collection does not exist yet. */
export async function missingStatusIndexes(target: Target, context: WriteContext): Promise<string[]> {
  const present = await listIndexes(target, context)
  if (present.length === 0) return []
  const keys = new Set(present.map(({ key }) => JSON.stringify(key)))
  const missing = statusIndexes(target.paths).filter(({ key }) => !keys.has(JSON.stringify(key)))
  return missing.map(({ name }) => `${target.model.collection.name}.${name}`)
}
