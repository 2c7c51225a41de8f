import { auth } from '@clerk/nextjs/server'
import { toCurrentUser } from 'clerk-mongo-sync'
import { clerkSync } from './clerk-sync'

/** The signed-in user's document in MongoDB, or `null`. */
export const currentUser = toCurrentUser(clerkSync, auth)
