import type { ClerkStore } from 'clerk-mongo-sync'
import type { PushStore } from '../../../src/push-store'
import type { TestModel } from '../../support/database'

/** The push queue of a model. */
export function queueOf(users: TestModel): PushStore {
  const queue = (users as unknown as ClerkStore).pushes?.()
  if (!queue) throw new Error('the model has no static pushes')
  return queue
}
