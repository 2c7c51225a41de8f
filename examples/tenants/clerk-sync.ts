import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { Membership } from './membership'
import { Organization } from './organization'
import { User } from './user'

const { MONGODB_URI = 'mongodb://127.0.0.1:27017/app' } = process.env

export const clerkSync = createClerkSync({
  users: User,
  organizations: Organization,
  memberships: Membership,
  connect: () => connectOnce(MONGODB_URI),
  logger: console,
})
