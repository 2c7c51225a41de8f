import { app } from '@azure/functions'
import { toAzureHandler } from 'clerk-mongo-sync/azure-functions'
import { clerkSync } from '../clerk-sync'

export const handler = toAzureHandler(clerkSync)

app.http('clerk', { route: 'webhooks/clerk', methods: ['POST'], authLevel: 'anonymous', handler })
