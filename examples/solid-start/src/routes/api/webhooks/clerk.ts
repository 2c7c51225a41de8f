import { toSolidStartHandler } from 'clerk-mongo-sync/solid-start'
import { clerkSync } from '../../../lib/clerk-sync'

export const POST = toSolidStartHandler(clerkSync)
