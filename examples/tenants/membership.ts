import { clerkMembershipModel, clerkMembershipPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const membershipSchema = new Schema({ jobTitle: String }, { timestamps: true })

membershipSchema.plugin(clerkMembershipPlugin)

export const Membership = clerkMembershipModel('Membership', membershipSchema)
