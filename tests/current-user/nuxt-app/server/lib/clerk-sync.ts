import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const userSchema = new Schema({
  email: { type: String, unique: true, sparse: true, lowercase: true },
  username: { type: String, unique: true, sparse: true },
  plan: { type: String, default: 'free' },
})
userSchema.plugin(clerkSyncPlugin)

export const clerkSync = createClerkSync({
  users: clerkModel('User', userSchema),
  connect: () => connectOnce(process.env.MONGODB_URI ?? ''),
})
