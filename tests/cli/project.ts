import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtPackage } from './built-package'

const installed = (name: string) => fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url))
const dependencies = { mongoose: installed('mongoose'), react: installed('react') }

export interface Project {
  path: string
  write(files: Record<string, string>): Promise<void>
  remove(): Promise<void>
}

const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    paths: { '@/*': ['./src/*'] },
  },
}

/** The README's app in TypeScript, with path aliases and the imports of a Next.js project. */
const app = {
  'package.json': JSON.stringify({ name: 'app', private: true }),
  'tsconfig.json': JSON.stringify(tsconfig),
  'clerk-sync.config.ts': `import { clerkSync } from './src/lib/clerk-sync'\nexport default clerkSync\n`,
  'src/lib/clerk-sync.ts': `import 'server-only'
import { User } from '@/models/user'
import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'

const uri: string = process.env.MONGODB_URI!
export const clerkSync = createClerkSync({ users: User, deliveries: true, logger: console, connect: () => connectOnce(uri) })
`,
  'src/models/user.ts': `import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose, { type InferSchemaType } from 'mongoose'

const userSchema = new mongoose.Schema({
  email: { type: String, unique: true, sparse: true, lowercase: true },
  username: { type: String, unique: true, sparse: true },
  firstName: String,
  lastName: String,
  plan: { type: String, default: 'free' },
})
userSchema.plugin(clerkSyncPlugin)
export type UserShape = InferSchemaType<typeof userSchema>
export const User = clerkModel('User', userSchema)
`,
}

/** An app in a temporary folder outside the repository. The given files are added or replace the usual ones. */
export async function makeProject(files: Record<string, string> = {}): Promise<Project> {
  const path = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-cli-'))
  const write = async (more: Record<string, string>) => {
    for (const [name, text] of Object.entries(more)) {
      await mkdir(dirname(join(path, name)), { recursive: true })
      await writeFile(join(path, name), text)
    }
  }
  await write({ ...app, ...files })
  await mkdir(join(path, 'node_modules'))
  const links = { ...dependencies, 'clerk-mongo-sync': await builtPackage() }
  await Promise.all(
    Object.entries(links).map(([name, target]) => symlink(target, join(path, 'node_modules', name), 'junction')),
  )
  return { path, write, remove: () => rm(path, { recursive: true, force: true }) }
}
