import type { TestModel } from '../../support/database'

/** Runs `work` once, between the reads and the writes of a page of users. */
export function justBeforeWriting(users: TestModel, work: () => Promise<unknown>): void {
  const collection = users.collection as unknown as { bulkWrite(...args: unknown[]): Promise<unknown> }
  const real = collection.bulkWrite.bind(collection)
  collection.bulkWrite = async (...args) => {
    collection.bulkWrite = real
    await work()
    return real(...args)
  }
}
