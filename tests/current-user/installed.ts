import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { signedInContract } from '../contracts/signed-in'
import { uriOf } from '../support/database'
import { installApp } from '../support/installed-app'
import { root } from '../support/made-once'
import { run, startServer } from '../support/process'

interface InstalledApp {
  title: string
  /** Folder of the app, from the project's root: an example, mostly. */
  source: string
  /** Packages that it does not name, such as Clerk's SDK. */
  dependencies: Record<string, string>
  /** Files that replace or join those of the app: Clerk's middleware, and the route `/me`. */
  files: Record<string, string>
  /** Arguments for Node, of each command that builds it. */
  build: string[][]
  /** Arguments for Node that start the server. */
  start: string[]
  /** The framework's prefix of public variables, if it has one: `PUBLIC_`. */
  prefix?: string
  env?: Record<string, string>
}

/** Runs the contract of `currentUser` on an app of a framework that has to be built, with Clerk's SDK for it. */
export function testInstalledApp({ title, source, dependencies, files, build, start, prefix = '', env }: InstalledApp) {
  signedInContract(title, async ({ sessions }) => {
    const app = await installApp(join(root, source), dependencies)
    for (const [file, code] of Object.entries(files)) {
      await mkdir(dirname(join(app.path, file)), { recursive: true })
      await writeFile(join(app.path, file), code)
    }
    const { CLERK_PUBLISHABLE_KEY: publishableKey, ...keys } = sessions.env
    const all = {
      ...{ ...keys, CLERK_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1' },
      [`${prefix}CLERK_PUBLISHABLE_KEY`]: publishableKey,
      MONGODB_URI: uriOf(`test_current_user_${title.toLowerCase().replaceAll(/\W+/g, '_')}_${Date.now()}`),
      ...Object.fromEntries(Object.entries(keys).map(([name, value]) => [`NUXT_${name}`, value])),
      ...env,
    }
    for (const args of build) await run(args.join(' '), args, { cwd: app.path, env: all })
    const server = await startServer(start, { cwd: app.path, env: all })
    return {
      url: server.url,
      async close() {
        await server.close()
        await app.remove()
      },
    }
  })
}
