import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { User } from './user'

const { MONGODB_URI = 'mongodb://127.0.0.1:27017/my-app' } = process.env

export const clerkSync = createClerkSync({ users: User, connect: () => connectOnce(MONGODB_URI) })
