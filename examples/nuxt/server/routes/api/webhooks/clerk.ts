import { toH3Handler } from 'clerk-mongo-sync/h3'
import { clerkSync } from '../../../../lib/clerk-sync'

export default defineEventHandler(toH3Handler(clerkSync))
