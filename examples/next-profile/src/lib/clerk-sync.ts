import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { User } from '../models/user'

export const clerkSync = createClerkSync({
  users: User,
  connect: () => connectOnce(process.env.MONGODB_URI ?? 'mongodb://127.0.0.1:27017/app'),
  logger: console,
})
