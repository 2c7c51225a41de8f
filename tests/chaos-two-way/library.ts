// What the chaos drives, as one entry that can be bundled with its sources edited.
export { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
export { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
export { toNodeHandler } from 'clerk-mongo-sync/node'
