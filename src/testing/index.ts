export { assertSynced } from './assert-synced'
export { fixtures, type UserOverrides } from './fixtures'
export { createMemoryStore, type MemoryStore, type MemoryUser } from './memory-store'
export { type SignedDelivery, type SignOptions, signClerkWebhook } from './sign'
