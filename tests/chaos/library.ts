// What the chaos drives, as one entry that can be bundled with a bug planted in it.
export { createClerkSync } from 'clerk-mongo-sync'
export { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
export { toNodeHandler } from 'clerk-mongo-sync/node'
