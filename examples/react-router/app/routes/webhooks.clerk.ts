import { toReactRouterAction } from 'clerk-mongo-sync/react-router'
import { clerkSync } from '../lib/clerk-sync.server'

export const action = toReactRouterAction(clerkSync)
