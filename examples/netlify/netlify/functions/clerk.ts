import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { clerkSync } from '../../src/clerk-sync'

export default toFetchHandler(clerkSync)

export const config = { path: '/api/webhooks/clerk' }
