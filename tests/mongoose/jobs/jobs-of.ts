import type { ClerkStore, JobStoreOptions } from '../../../src/store'
import type { TestModel } from '../../support/database'

/** The job store of a model, as `createClerkSync` gets at it. */
export function jobsOf(users: TestModel, options: JobStoreOptions = {}) {
  const { jobs } = users as unknown as Required<Pick<ClerkStore, 'jobs'>>
  return jobs.call(users, options)
}
