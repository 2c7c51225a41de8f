import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const userSchema = new Schema(
  {
    email: { type: String, unique: true, sparse: true, lowercase: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
  },
  { timestamps: true },
)
userSchema.plugin(clerkSyncPlugin)
export const User = clerkModel('User', userSchema)

/** The app, configured by the environment. */
export const clerkSync = createClerkSync({
  users: User,
  connect: () => connectOnce(process.env.MONGODB_URI ?? ''),
})
