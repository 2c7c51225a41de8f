import { clerkModel, clerkSyncPlugin, clerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const userSchema = new Schema(
  {
    email: { type: String, unique: true, sparse: true, lowercase: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
    bio: { type: String, maxlength: 500 },
    plan: { type: String, enum: ['free', 'pro'], default: 'free' },
  },
  { timestamps: true },
)

// Clerk has the names and addresses, the app its bio; MongoDB owns the plan, which Clerk gets as public metadata.
userSchema.plugin(clerkSyncPlugin, clerkSyncPluginOptions({ push: { publicMetadata: ['plan'] } }))

export const User = clerkModel('User', userSchema)
