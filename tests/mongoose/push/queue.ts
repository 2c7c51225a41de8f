import type { PushStore } from '../../../src/store/push-store'
import { storeOf, type TestModel } from '../../support/database'

/** The push queue of a model that owns something. */
export function queueOf(users: TestModel): PushStore {
  const queue = storeOf(users).pushes()
  if (!queue) throw new Error(`${users.modelName} owns nothing.`)
  return queue
}
