import { manifest } from './init-project'

/** The part that all copied handlers share: how they store a user. */
const storing = `  if (evt.type === 'user.created') {
    const { id, email_addresses, username, first_name } = evt.data
    await createUser({ clerkId: id, email: email_addresses[0].email_address, username, firstName: first_name })
  }
  if (evt.type === 'user.deleted') await deleteUser(evt.data.id)
`

/** The best-known tutorial on Next.js, Clerk and MongoDB: App Router, TypeScript, a cached connection with a database name. */
export const tutorialApp = {
  'package.json': manifest(['next', 'react', 'react-dom', 'mongoose', '@clerk/nextjs', 'svix']),
  'tsconfig.json': {
    compilerOptions: {
      target: 'ES2017',
      lib: ['dom', 'esnext'],
      strict: true,
      noEmit: true,
      esModuleInterop: true,
      skipLibCheck: true,
      module: 'esnext',
      moduleResolution: 'bundler',
      jsx: 'preserve',
      types: ['node'],
      paths: { '@/*': ['./*'] },
    },
    include: ['**/*.ts', '**/*.tsx'],
    exclude: ['node_modules'],
  },
  '.env.local': 'MONGODB_URL=mongodb://127.0.0.1:27017\nWEBHOOK_SECRET=whsec_hidden\nCLERK_SECRET_KEY=sk_test_hidden\n',
  'app/layout.tsx':
    'export default function Layout({ children }: { children: React.ReactNode }) {\n  return <html lang="en"><body>{children}</body></html>\n}\n',
  'app/(root)/page.tsx': 'export default function Home() {\n  return <p>Home</p>\n}\n',
  'lib/database/mongoose.ts': `import mongoose, { Mongoose } from 'mongoose';

const MONGODB_URL = process.env.MONGODB_URL;

interface MongooseConnection {
  conn: Mongoose | null;
  promise: Promise<Mongoose> | null;
}

let cached: MongooseConnection = (global as any).mongoose

if(!cached) {
  cached = (global as any).mongoose = { 
    conn: null, promise: null 
  }
}

export const connectToDatabase = async () => {
  if(cached.conn) return cached.conn;

  if(!MONGODB_URL) throw new Error('Missing MONGODB_URL');

  cached.promise = 
    cached.promise || 
    mongoose.connect(MONGODB_URL, { 
      dbName: 'imaginify', bufferCommands: false 
    })

  cached.conn = await cached.promise;

  return cached.conn;
}
`,
  'lib/database/models/user.model.ts': `import { Schema, model, models } from "mongoose";

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
    unique: true,
    sparse: true,
  },
  firstName: {
    type: String,
  },
  lastName: {
    type: String,
  },
  creditBalance: {
    type: Number,
    default: 10,
  },
});

const User = models?.User || model("User", UserSchema);

export default User;
`,
  'lib/actions/user.actions.ts': `"use server";

import User from "../database/models/user.model";
import { connectToDatabase } from "../database/mongoose";

export async function createUser(user: object) {
  await connectToDatabase();
  return JSON.parse(JSON.stringify(await User.create(user)));
}

export async function deleteUser(clerkId: string) {
  await connectToDatabase();
  await User.findOneAndDelete({ clerkId });
}
`,
  'app/api/webhooks/route.ts': `import { WebhookEvent } from "@clerk/nextjs/server";
import { headers } from "next/headers";
import { Webhook } from "svix";

import { createUser, deleteUser } from "@/lib/actions/user.actions";

export async function POST(req: Request) {
  // You can find this in the Clerk Dashboard -> Webhooks -> choose the webhook
  const WEBHOOK_SECRET = process.env.WEBHOOK_SECRET;

  if (!WEBHOOK_SECRET) {
    throw new Error("Please add WEBHOOK_SECRET from Clerk Dashboard to .env or .env.local");
  }

  const headerPayload = await headers();
  const payload = await req.json();
  const body = JSON.stringify(payload);
  const wh = new Webhook(WEBHOOK_SECRET);
  wh.verify(body, {
    "svix-id": headerPayload.get("svix-id")!,
    "svix-timestamp": headerPayload.get("svix-timestamp")!,
    "svix-signature": headerPayload.get("svix-signature")!,
  });
  const evt = payload as any;
${storing}
  return new Response("", { status: 200 });
}
`,
  'middleware.ts': `import { clerkMiddleware, createRouteMatcher } from '@clerk/nextjs/server'

const isPublicRoute = createRouteMatcher(['/', '/sign-in(.*)', '/api/webhooks'])

export default clerkMiddleware(async (auth, request) => {
  if (!isPublicRoute(request)) await auth.protect()
})
`,
}

/** A course platform in JavaScript: aliases in jsconfig.json, the database name appended to the connection string. */
export const courseApp = {
  'package.json': manifest(['next', 'react', 'react-dom', 'mongoose', 'svix']),
  'jsconfig.json': { compilerOptions: { paths: { '@/*': ['./src/*'] } } },
  '.env': 'MONGODB_URI=mongodb://127.0.0.1:27017\nSIGNING_SECRET=whsec_hidden\n',
  'src/app/page.jsx': 'export default () => null\n',
  'src/config/db.js': `import mongoose from 'mongoose'

const connectDB = async () => {
  mongoose.connection.on('connected', () => console.log('Database Connected'))

  await mongoose.connect(\`\${process.env.MONGODB_URI}/lms\`)
}

export default connectDB
`,
  'src/models/User.js': `import mongoose from 'mongoose'

const userSchema = new mongoose.Schema({
  email: { type: String, required: true },
  enrolledCourses: [{ type: String }],
})

const User = mongoose.models.User || mongoose.model('User', userSchema)

export default User
`,
  'src/app/api/clerk/route.js': `import { Webhook } from 'svix'
import connectDB from '@/config/db'
import User from '@/models/User'

export async function POST(req) {
  const wh = new Webhook(process.env.SIGNING_SECRET)
  const body = JSON.stringify(await req.json())
  wh.verify(body, { 'svix-id': req.headers.get('svix-id') })
  await connectDB()
  const { data, type } = JSON.parse(body)
  if (type === 'user.created') await User.create({ email: data.email_addresses[0].email_address })
  return Response.json({ message: 'Event received' })
}
`,
}

/** Express 5 in TypeScript, compiled for Node. */
export const typedServer = {
  'package.json': manifest(['express', 'mongoose'], { type: 'module', scripts: { dev: 'tsx src/index.ts' } }),
  'tsconfig.json': {
    compilerOptions: {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      outDir: 'dist',
      rootDir: 'src',
      types: ['node'],
      skipLibCheck: true,
    },
    include: ['src'],
  },
  'src/config/db.ts': `import mongoose from 'mongoose'

export async function connectDB(uri: string, retries = 3): Promise<void> {
  try {
    const { connection } = await mongoose.connect(uri, { dbName: 'shop' })
    console.log(\`MongoDB connected: \${connection.host}, \${retries}\`)
  } catch (err) {
    console.error(err)
    process.exit(1)
  }
}
`,
  'src/models/user.model.ts': `import { model, Schema } from 'mongoose'

const userSchema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String })

export const UserModel = model('User', userSchema)
`,
  'src/index.ts': `import express from 'express'
import { connectDB } from './config/db.js'

const app = express()
const PORT = process.env.PORT || 8080

app.use(express.json())
app.get('/', (_request, response) => void response.send('ok'))

await connectDB(process.env.MONGO_URI!)
app.listen(PORT)
`,
}

/** Express 4 in CommonJS: a handler copied into a controller, mounted by a router after the body parser of all routes. */
export const copiedServer = {
  'package.json': manifest(['express', 'mongoose', 'svix'], { scripts: { start: 'node server.js' } }),
  '.env':
    'MONGO_URI=mongodb://127.0.0.1:27017/shop\nCLERK_WEBHOOK_SIGNING_KEY=whsec_hidden\nCLERK_SECRET_KEY=sk_test_hidden\n',
  'config/db.js': `const mongoose = require('mongoose');

const connectDB = async () => {
  try {
    const conn = await mongoose.connect(process.env.MONGO_URI);
    console.log(\`MongoDB Connected: \${conn.connection.host}\`);
  } catch (error) {
    console.log(error.message);
  }
};

module.exports = connectDB;
`,
  'models/User.js': `const mongoose = require('mongoose');

const userSchema = new mongoose.Schema({
  clerkId: { type: String, unique: true },
  email: { type: String, unique: true, sparse: true },
});

module.exports = mongoose.model('User', userSchema);
`,
  'controllers/webhookController.js': `const { Webhook } = require('svix');
const User = require('../models/User');

const createUser = (user) => User.create(user);
const deleteUser = (clerkId) => User.deleteOne({ clerkId });

exports.handleClerk = async (req, res) => {
  const secret = process.env.CLERK_WEBHOOK_SIGNING_KEY;
  const evt = new Webhook(secret).verify(JSON.stringify(req.body), req.headers);
${storing}  res.json({ ok: true });
};

exports.handleStripe = async (req, res) => res.json({});
`,
  'routes/webhooks.js': `const express = require('express');
const { handleClerk, handleStripe } = require('../controllers/webhookController');

const router = express.Router();

router.post('/stripe', handleStripe);
router.post('/clerk', handleClerk);

module.exports = router;
`,
  'server.js': `const express = require('express');
const connectDB = require('./config/db');

const app = express();
connectDB();

app.use(express.json());
app.use('/api/hooks', require('./routes/webhooks'));
app.get('/', (req, res) => res.send('ok'));

const PORT = process.env.PORT || 5000;
app.listen(PORT);
`,
}
