import type { PushStore } from '../../../src/store/push-store'
import { storeOf, type TestModel } from '../../support/database'

/** The push queue of a model. */
export const queueOf = (users: TestModel): PushStore => storeOf(users).pushes()
