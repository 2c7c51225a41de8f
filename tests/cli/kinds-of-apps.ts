import { manifest } from './init-project'

/** User models of the best-known tutorials and templates, and of older apps. */
export const schemas = {
  /** Next.js, "imaginify". */
  imaginify: `import { Schema, model, models } from "mongoose";

const UserSchema = new Schema({
  clerkId: {
    type: String,
    required: true,
    unique: true,
  },
  email: {
    type: String,
    required: true,
    unique: true,
  },
  username: {
    type: String,
    required: true,
    unique: true,
  },
  photo: {
    type: String,
    required: true,
  },
  firstName: {
    type: String,
  },
  lastName: {
    type: String,
  },
  planId: {
    type: Number,
    default: 1,
  },
  creditBalance: {
    type: Number,
    default: 10,
  },
});

const User = models?.User || model("User", UserSchema);

export default User;
`,
  /** Next.js, "threads". */
  threads: `import mongoose from "mongoose";

const userSchema = new mongoose.Schema({
  id: {
    type: String,
    required: true,
  },
  username: {
    type: String,
    unique: true,
    required: true,
  },
  name: {
    type: String,
    required: true,
  },
  image: String,
  bio: String,
  threads: [
    {
      type: mongoose.Schema.Types.ObjectId,
      ref: "Thread",
    },
  ],
  onboarded: {
    type: Boolean,
    default: false,
  },
});

const User = mongoose.models.User || mongoose.model("User", userSchema);

export default User;
`,
  /** An e-learning site: Clerk's id is \`_id\`. */
  lms: `import mongoose from 'mongoose'

const userSchema = new mongoose.Schema(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    email: { type: String, required: true },
    imageUrl: { type: String, required: true },
    enrolledCourses: [{ type: mongoose.Schema.Types.ObjectId, ref: 'Course' }],
  },
  { timestamps: true },
)

export const User = mongoose.model('User', userSchema)
`,
  /** An older app: snake_case names, a local password, and braces in comments, strings and regular expressions. */
  snakeCase: `import mongoose from 'mongoose'

const userSchema = new mongoose.Schema({
  auth_id: { type: String, index: true }, // { of, the: "provider" }
  email_address: { type: String, match: /^[^{,]+@[^}]+$/, lowercase: true },
  first_name: String,
  last_name: { type: 'string', default: '' },
  password_hash: { type: String, required: true },
  company: { name: String, image: String },
  profile: { avatar_url: { type: String, default: 'https://example.com/nobody,{1}.png' }, bio: String },
})

export const User = mongoose.model('User', userSchema)
`,
}

export const typegooseApp = {
  'package.json': manifest(['express', '@typegoose/typegoose', 'mongoose', 'typescript'], {
    scripts: { dev: 'tsx watch src/index.ts' },
  }),
  'tsconfig.json': {
    compilerOptions: {
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      skipLibCheck: true,
      outDir: 'dist',
    },
    include: ['src'],
  },
  'src/index.ts': `import express from 'express'
import { UserModel } from './models/user.model'

const app = express()
app.use(express.json())
app.get('/users', async (_request, response) => void response.json(await UserModel.find()))
app.listen(process.env.PORT)
`,
  'src/models/user.model.ts': `import { getModelForClass, index, modelOptions, prop } from '@typegoose/typegoose'

@index({ role: 1 })
@modelOptions({
  schemaOptions: { timestamps: true },
})
export class User {
  @prop({ required: true, unique: true, lowercase: true })
  public email!: string

  @prop({ required: true })
  public name!: string

  @prop()
  public avatar?: string

  @prop({ type: () => [String], default: [] })
  public roles!: string[]

  @prop({ type: () => String, enum: ['user', 'admin'], default: 'user' })
  public role!: string
}

export const UserModel = getModelForClass(User)
`,
}

export const nestApp = {
  'package.json': manifest(
    [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/mongoose',
      '@nestjs/platform-express',
      'mongoose',
      'reflect-metadata',
      'rxjs',
      'typescript',
    ],
    { scripts: { start: 'nest start' } },
  ),
  'tsconfig.json': {
    compilerOptions: {
      module: 'commonjs',
      target: 'ES2022',
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
      strictNullChecks: true,
      skipLibCheck: true,
      outDir: './dist',
      rootDir: './src',
    },
    include: ['src'],
  },
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule, {
    cors: true,
  });
  app.setGlobalPrefix('api');
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
  'src/app.module.ts': `import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { UsersModule } from './users/users.module';

@Module({
  imports: [MongooseModule.forRoot(process.env.MONGODB_URI!, { dbName: 'nest' }), UsersModule],
})
export class AppModule {}
`,
  'src/users/users.module.ts': `import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { User, UserSchema } from './schemas/user.schema';
import { UsersController } from './users.controller';

@Module({
  imports: [MongooseModule.forFeature([{ name: User.name, schema: UserSchema }])],
  controllers: [UsersController],
})
export class UsersModule {}
`,
  'src/users/users.controller.ts': `import { Controller, Get } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { User } from './schemas/user.schema';

@Controller('users')
export class UsersController {
  constructor(@InjectModel(User.name) private readonly users: Model<User>) {}

  @Get()
  all() {
    return this.users.find().lean();
  }
}
`,
  'src/users/schemas/user.schema.ts': `import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { HydratedDocument } from 'mongoose';

export type UserDocument = HydratedDocument<User>;

@Schema({ timestamps: true })
export class User {
  @Prop({ required: true, unique: true })
  email: string;

  @Prop({ required: true })
  fullName: string;

  @Prop()
  picture: string;

  @Prop([String])
  tags: string[];
}

export const UserSchema = SchemaFactory.createForClass(User);
`,
}

/** Apps that share a database package, in the layout of \`create-turbo\`. */
export const monorepo = {
  'package.json': {
    name: 'shop',
    private: true,
    workspaces: ['apps/*', 'packages/*'],
    devDependencies: { turbo: '2' },
  },
  'package-lock.json': '',
  'apps/web/package.json': { name: 'web', ...manifest(['next', 'react', '@repo/db']) },
  'apps/web/tsconfig.json': { compilerOptions: { paths: { '@/*': ['./*'] } } },
  'apps/web/app/page.tsx': 'export default () => null\n',
  'apps/api/package.json': { ...manifest(['express', '@repo/db']), name: 'api', type: 'module' },
  'apps/api/server.js':
    "import express from 'express'\n\nconst app = express()\napp.use(express.json())\napp.listen(4000)\n",
  'apps/admin/package.json': { ...manifest(['vite', 'react']), name: 'admin' },
  'packages/db/package.json': {
    name: '@repo/db',
    private: true,
    exports: { '.': './src/index.ts', './models/*': './src/models/*.ts' },
    dependencies: { mongoose: '9' },
  },
  'packages/db/src/index.ts': "export * from './connect'\n",
  'packages/db/src/connect.ts': `import mongoose from 'mongoose'

export function connectDatabase() {
  return mongoose.connect(process.env.MONGODB_URI!, { dbName: 'shop' })
}
`,
  'packages/db/src/models/user.ts': `import mongoose from 'mongoose'

const userSchema = new mongoose.Schema({ email: String, photo: String })

export const User = mongoose.models.User ?? mongoose.model('User', userSchema)
`,
}

/** An app with the driver and without mongoose. */
export const driverApp = {
  'package.json': manifest(['express', 'mongodb'], { type: 'module' }),
  'src/db.js':
    "import { MongoClient } from 'mongodb'\n\nexport const client = new MongoClient(process.env.MONGODB_URI)\nexport const people = client.db('shop').collection('people')\nexport const orders = client.db('shop').collection('orders')\n",
  'src/server.js':
    "import express from 'express'\nimport { people } from './db.js'\n\nconst app = express()\napp.use(express.json())\napp.get('/people', async (_request, response) => void response.json(await people.find().toArray()))\napp.listen(process.env.PORT)\n",
}
