import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'

@Schema({ timestamps: true })
export class User {
  @Prop({ type: String, unique: true, sparse: true, lowercase: true })
  email?: string

  @Prop({ type: String, unique: true, sparse: true })
  username?: string

  @Prop({ type: String })
  firstName?: string

  @Prop({ type: String })
  lastName?: string

  @Prop({ type: String, enum: ['free', 'pro'], default: 'free' })
  plan!: 'free' | 'pro'
}

export const UserSchema = SchemaFactory.createForClass(User)
UserSchema.plugin(clerkSyncPlugin)
