import { toLambdaHandler } from 'clerk-mongo-sync/aws-lambda'
import { clerkSync } from './clerk-sync'

export const handler = toLambdaHandler(clerkSync)
