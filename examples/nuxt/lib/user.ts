import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const userSchema = new Schema(
  {
    email: { type: String, unique: true, sparse: true, lowercase: true },
    username: { type: String, unique: true, sparse: true },
    firstName: String,
    lastName: String,
    plan: { type: String, enum: ['free', 'pro'], default: 'free' },
  },
  { timestamps: true },
)

userSchema.plugin(clerkSyncPlugin)

export const User = clerkModel('User', userSchema)
