// The app's webhook endpoint in a process of its own.

import { createServer } from 'node:http'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { clerkSync } from './app'

createServer(toNodeHandler(clerkSync)).listen(Number(process.env.PORT), '127.0.0.1')
