import { createMemoryStore } from 'clerk-mongo-sync/testing'
import { describeStore } from '../contracts/store'

describeStore('the memory store', async () => {
  const store = createMemoryStore()
  return { store, read: async (clerkId) => store.users.get(clerkId) ?? null }
})
