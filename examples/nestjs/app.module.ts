import { Controller, Get, Module } from '@nestjs/common'
import { getModelToken, MongooseModule } from '@nestjs/mongoose'
import { createClerkSync } from 'clerk-mongo-sync'
import type { ClerkModel } from 'clerk-mongo-sync/mongoose'
import { ClerkSyncModule } from 'clerk-mongo-sync/nestjs'
import { User, UserSchema } from './user.schema.js'

const { MONGODB_URI = 'mongodb://127.0.0.1:27017/my-app' } = process.env

@Controller()
class HomeController {
  @Get()
  home(): string {
    return 'Clerk delivers to /api/webhooks/clerk'
  }
}

@Module({
  imports: [
    MongooseModule.forRoot(MONGODB_URI),
    ClerkSyncModule.forRootAsync({
      imports: [MongooseModule.forFeature([{ name: User.name, schema: UserSchema }])],
      inject: [getModelToken(User.name)],
      useFactory: (users: ClerkModel<typeof UserSchema>) => createClerkSync({ users }),
    }),
  ],
  controllers: [HomeController],
})
export class AppModule {}
