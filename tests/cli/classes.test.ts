import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { runCli } from './cli'
import { makeProject, type Project } from './project'

const db = useDatabase('cli_classes')
const env = { MONGODB_URI: uriOf('test_cli_classes') }

let project: Project
afterEach(() => project.remove())

async function projectWith(packageName: string, model: string): Promise<void> {
  project = await makeProject({ 'src/models/user.ts': model })
  const link = join(project.path, 'node_modules', packageName)
  await mkdir(dirname(link), { recursive: true })
  await symlink(fileURLToPath(new URL(`../../node_modules/${packageName}`, import.meta.url)), link, 'junction')
}

const typegoose = `import { getModelForClass, modelOptions, plugin, prop } from '@typegoose/typegoose'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'

@plugin(clerkSyncPlugin)
@modelOptions({ schemaOptions: { timestamps: true } })
export class UserClass {
  @prop({ required: true, unique: true })
  public email!: string

  @prop()
  public firstName?: string

  @prop({ type: () => [String], default: ['reader'] })
  public roles: string[] = ['reader']
}
export const User = getModelForClass(UserClass, { options: { customName: 'User' } })
if (new UserClass().roles[0] !== 'reader') throw new Error('The class has lost the initial value of a field.')
`

const nest = `import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'

@Schema({ timestamps: true })
export class UserClass {
  @Prop({ required: true, unique: true })
  email!: string

  @Prop({ default: 'free' })
  plan: string

  constructor(private readonly given?: string) {}
}
const UserSchema = SchemaFactory.createForClass(UserClass)
UserSchema.plugin(clerkSyncPlugin)
export const User = clerkModel('User', UserSchema)
`

describe('a model of a class with decorators', () => {
  it.each([
    ['typegoose', '@typegoose/typegoose', typegoose],
    ['NestJS', '@nestjs/mongoose', nest],
  ])('is loaded by the command line: %s', async (_what, packageName, model) => {
    await projectWith(packageName, model)
    const { stdout, stderr } = await runCli(['doctor', '--probe', '--json'], { cwd: project.path, env })
    expect(stderr).toBe('')
    const { findings } = JSON.parse(stdout) as { findings: { check: string; verdict: string }[] }
    const of = (check: string) => findings.filter((one) => one.check === check)
    expect(of('config')).toMatchObject([{ verdict: 'ok' }])
    expect(of('rules')).toMatchObject([{ verdict: 'ok', message: expect.stringContaining('were stored') }])
    expect(await db.connection.collection('users').countDocuments()).toBe(0)
  })
})
