import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { runCli } from './cli'
import { makeProject, type Project } from './project'

useDatabase('cli_config')
const env = () => ({ MONGODB_URI: uriOf('test_cli_config') })

let project: Project
afterEach(() => project.remove())

/** A command that needs only a config and a database. */
const status = async (options: { cwd?: string; args?: string[]; env?: Record<string, string> } = {}) => {
  const result = await runCli(['status', ...(options.args ?? [])], {
    cwd: options.cwd ?? project.path,
    env: options.env ?? env(),
  })
  return { ...result, all: result.stdout + result.stderr }
}

describe('the config', () => {
  it('can be TypeScript with path aliases, extensionless imports and server-only, without a build', async () => {
    project = await makeProject()
    expect(await status()).toMatchObject({ code: 0, stderr: '' })
  })

  it('is found from a subfolder', async () => {
    project = await makeProject()
    await mkdir(join(project.path, 'src/app'), { recursive: true })
    expect(await status({ cwd: join(project.path, 'src/app') })).toMatchObject({ code: 0 })
  })

  it.each([
    ['a named export', 'clerk-sync.config.ts', "export { clerkSync } from './src/lib/clerk-sync'"],
    [
      'an object with it',
      'clerk-sync.config.ts',
      "import { clerkSync } from './src/lib/clerk-sync'\nexport default { clerkSync }",
    ],
    ['an ES module', 'clerk-sync.config.mjs', "export { clerkSync as default } from './src/lib/clerk-sync'"],
    ['CommonJS', 'clerk-sync.config.cjs', "module.exports = require('./src/lib/clerk-sync').clerkSync"],
    [
      'a module that awaits',
      'clerk-sync.config.mts',
      "export default (await import('./src/lib/clerk-sync')).clerkSync",
    ],
    [
      'one that imports JSX',
      'clerk-sync.config.ts',
      "import './src/page'\nexport { clerkSync } from './src/lib/clerk-sync'",
    ],
  ])('can be %s', async (_what, name, text) => {
    project = await makeProject({ 'src/page.tsx': 'export const Page = () => <p className="x">hi</p>\n' })
    await project.write({ [name]: text })
    expect(await status({ args: ['--config', name] })).toMatchObject({ code: 0, stderr: '' })
  })

  it('can be JavaScript with the baseUrl of a jsconfig.json', async () => {
    project = await makeProject({ 'src/lib/named.js': "export { clerkSync } from 'lib/clerk-sync'\n" })
    await rm(join(project.path, 'tsconfig.json'))
    await project.write({
      'jsconfig.json': JSON.stringify({ compilerOptions: { baseUrl: './src', paths: { '@/*': ['./*'] } } }),
      'clerk-sync.config.js': "export { clerkSync as default } from 'lib/named'\n",
    })
    expect(await status({ args: ['--config', 'clerk-sync.config.js'] })).toMatchObject({ code: 0, stderr: '' })
  })

  it('can be elsewhere, named by --config', async () => {
    project = await makeProject()
    await project.write({ 'config/sync.ts': "export { clerkSync } from '../src/lib/clerk-sync'" })
    expect(await status({ args: ['--config', 'config/sync.ts'] })).toMatchObject({ code: 0 })
  })

  it('is reported with what to create if it is missing', async () => {
    project = await makeProject()
    const { code, stderr } = await runCli(['status'], { cwd: '/' })
    expect(code).toBe(1)
    expect(stderr).toContain('No clerk-sync.config.ts in /')
    expect(stderr).toContain('export default clerkSync')
  })

  it('that exports something else is reported with its path', async () => {
    project = await makeProject({ 'clerk-sync.config.ts': 'export default { users: 1 }' })
    const { code, stderr } = await status()
    expect(code).toBe(1)
    expect(stderr).toContain(`${join(project.path, 'clerk-sync.config.ts')} does not export a clerkSync`)
  })

  it('with a syntax error in an imported file is reported with that file and line', async () => {
    project = await makeProject({ 'src/models/user.ts': 'export const User = {\n  broken: \n}' })
    const { code, stderr } = await status()
    expect(code).toBe(1)
    expect(stderr).toContain('clerk-sync.config.ts could not be loaded')
    expect(stderr).toMatch(/models\/user\.ts:\d+|models\/user\.ts.*\(\d+:\d+\)/)
  })

  it('with a missing import is reported with the name of the import', async () => {
    project = await makeProject({ 'clerk-sync.config.ts': "import 'no-such-package'\nexport default {}" })
    const { stderr } = await status()
    expect(stderr).toContain("'no-such-package'")
  })

  it('that throws is reported with the error and the environment files', async () => {
    const config = "if (!process.env.MY_SETTING) throw new Error('MY_SETTING is not set')\nexport default {}"
    project = await makeProject({ 'clerk-sync.config.ts': config, '.env': 'OTHER=1' })
    const { code, stderr } = await status()
    expect(code).toBe(1)
    expect(stderr).toContain('MY_SETTING is not set')
    expect(stderr).toContain('read from .env.')
  })

  it('that fails is an error in JSON', async () => {
    project = await makeProject({ 'clerk-sync.config.ts': 'export default 1' })
    const { stdout } = await status({ args: ['--json'] })
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'config_invalid' } })
  })
})

describe('the environment', () => {
  it('is read from .env.local before .env', async () => {
    project = await makeProject({
      '.env.local': `MONGODB_URI=${env().MONGODB_URI}`,
      '.env': 'MONGODB_URI=mongodb://127.0.0.1:1',
    })
    expect(await status({ env: {} })).toMatchObject({ code: 0 })
  })

  it('is never overwritten by a file', async () => {
    project = await makeProject({ '.env.local': 'MONGODB_URI=mongodb://127.0.0.1:1' })
    expect(await status()).toMatchObject({ code: 0 })
  })

  it('is read only from the file named by --env', async () => {
    project = await makeProject({
      '.env': 'MONGODB_URI=mongodb://127.0.0.1:1',
      'settings.env': `MONGODB_URI=${env().MONGODB_URI}`,
    })
    expect(await status({ env: {}, args: ['--env', 'settings.env'] })).toMatchObject({ code: 0 })
  })

  it('file that does not exist is a usage error', async () => {
    project = await makeProject()
    expect(await status({ args: ['--env', 'nowhere.env'] })).toMatchObject({ code: 64 })
  })
})
