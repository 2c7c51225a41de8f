import { clerkOrganizationModel, clerkOrganizationPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const organizationSchema = new Schema(
  {
    slug: { type: String, unique: true, sparse: true },
    plan: { type: String, enum: ['free', 'pro'], default: 'free' },
  },
  { timestamps: true },
)

organizationSchema.plugin(clerkOrganizationPlugin)

export const Organization = clerkOrganizationModel('Organization', organizationSchema)
