import { toCurrentUser } from 'clerk-mongo-sync'
import type { H3Event } from 'h3'
import { clerkSync } from './clerk-sync'

export const currentUser = toCurrentUser(clerkSync, (event: H3Event) => event.context.auth())
