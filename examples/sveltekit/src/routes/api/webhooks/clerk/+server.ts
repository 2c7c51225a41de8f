import { toSvelteKitHandler } from 'clerk-mongo-sync/sveltekit'
import { clerkSync } from '$lib/server/clerk-sync'

export const POST = toSvelteKitHandler(clerkSync)
