import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { clerkSync } from '../../src/clerk-sync.js'

export const POST = toFetchHandler(clerkSync)
