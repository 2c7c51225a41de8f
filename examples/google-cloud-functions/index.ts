import { http } from '@google-cloud/functions-framework'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { clerkSync } from './clerk-sync'

http('clerk', toNodeHandler(clerkSync))
