import type { JobStore, JobStoreOptions } from 'clerk-mongo-sync'
import { storeOf, type TestModel } from '../../support/database'

/** The job store of a model, as `createClerkSync` opens it. */
export const jobsOf = (users: TestModel, options: JobStoreOptions = {}): JobStore => storeOf(users).jobs(options)
