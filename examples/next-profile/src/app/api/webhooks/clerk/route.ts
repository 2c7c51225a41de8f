import { toNextHandler } from 'clerk-mongo-sync/next'
import { clerkSync } from '../../../../lib/clerk-sync'

export const { POST } = toNextHandler(clerkSync)
