// The library under test, as one entry that can be bundled with edited sources.
export { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
export { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
export { toNodeHandler } from 'clerk-mongo-sync/node'
