import { toAstroRoute } from 'clerk-mongo-sync/astro'
import { clerkSync } from '../../../lib/clerk-sync'

export const prerender = false
export const ALL = toAstroRoute(clerkSync)
