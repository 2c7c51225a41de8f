/** One subpath of the package. */
interface Subpath {
  /** The entry, from the project's root. */
  source: string
  /** Maximum size with all imports, minified and gzipped. */
  budget: string
  /** Node's modules that it imports. */
  node?: string[]
  /** Packages of the app that it imports. */
  ignore?: string[]
  /** The names of its values. Removing or renaming one is a breaking change. */
  exports: string[]
}

const adapter = (name: string, exports: string[], budget = '1.9 kB'): Record<string, Subpath> => ({
  [name]: { source: `src/adapters/${name}.ts`, budget, exports },
})

/**
 * Every subpath, by name; the package itself is `index`. From this list come `exports`, `typesVersions` and the size budgets of
 * package.json (`npm run subpaths` writes them), the entries of the build, and what the tests know of the package.
 */
export const subpaths: Record<string, Subpath> = {
  index: {
    source: 'src/index.ts',
    budget: '44 kB',
    exports: [
      'ClerkSyncError',
      'WebhookVerificationError',
      'createClerkSync',
      'isClerkSyncError',
      'isPlaceholder',
      'mapClerkMembership',
      'mapClerkOrganization',
      'mapClerkUser',
      'primaryEmail',
      'toCurrentUser',
      'toPlainMembership',
      'toPlainOrganization',
      'toPlainUser',
      'verifyClerkWebhook',
    ],
  },
  mongoose: {
    source: 'src/mongoose/index.ts',
    budget: '58 kB',
    node: ['crypto', 'events', 'timers'],
    exports: [
      'clerkMembershipModel',
      'clerkMembershipPlugin',
      'clerkModel',
      'clerkOrganizationModel',
      'clerkOrganizationPlugin',
      'clerkSyncPlugin',
      'clerkSyncPluginOptions',
      'connectOnce',
    ],
  },
  ...adapter('next', ['toNextApiHandler', 'toNextHandler']),
  ...adapter('express', ['toExpressHandler']),
  ...adapter('astro', ['toAstroRoute']),
  ...adapter('aws-lambda', ['toLambdaHandler']),
  ...adapter('azure-functions', ['toAzureHandler']),
  ...adapter('elysia', ['toElysiaHandler']),
  ...adapter('fastify', ['toFastifyPlugin'], '2 kB'),
  ...adapter('fetch', ['toFetchHandler'], '100 B'),
  ...adapter('h3', ['toH3Handler'], '2.2 kB'),
  ...adapter('hono', ['toHonoHandler']),
  ...adapter('koa', ['toKoaMiddleware'], '2 kB'),
  ...adapter('nestjs', ['ClerkSyncModule', 'ClerkSyncService'], '2.1 kB'),
  ...adapter('node', ['toNodeHandler']),
  ...adapter('react-router', ['toReactRouterAction']),
  ...adapter('solid-start', ['toSolidStartHandler']),
  ...adapter('sveltekit', ['toSvelteKitHandler']),
  ...adapter('tanstack-start', ['toTanStackHandler']),
  monitor: {
    source: 'src/monitor/index.ts',
    budget: '24 kB',
    exports: ['createClerkSyncMonitor', 'toHealthHandler', 'toLoggerAlert', 'toMetricsHandler', 'toWebhookAlert'],
  },
  opentelemetry: {
    source: 'src/opentelemetry/index.ts',
    budget: '1.5 kB',
    ignore: ['@opentelemetry/api'],
    exports: ['openTelemetry'],
  },
  dashboard: { source: 'src/dashboard/index.ts', budget: '17 kB', exports: ['toDashboardHandler'] },
  testing: {
    source: 'src/testing/index.ts',
    budget: '30 kB',
    node: ['http', 'events'],
    exports: ['assertSynced', 'createFakeClerk', 'createMemoryStore', 'fixtures', 'signClerkWebhook'],
  },
}

const names = Object.keys(subpaths)

/** The entries of the build. */
export const entries = Object.fromEntries(names.map((name) => [name, (subpaths[name] as Subpath).source]))

/** The parts of package.json that list the subpaths. */
export const manifestParts = {
  exports: {
    ...Object.fromEntries(names.map((name) => [name === 'index' ? '.' : `./${name}`, conditionsOf(name)])),
    './package.json': './package.json',
  },
  // For TypeScript's old module resolution, which knows no exports.
  typesVersions: {
    '*': Object.fromEntries(names.filter((name) => name !== 'index').map((name) => [name, [`./dist/${name}.d.cts`]])),
  },
  'size-limit': [
    ...names.map((name) => {
      const { node = [], ignore = [], budget } = subpaths[name] as Subpath
      const others = [...node, ...ignore]
      return { path: `dist/${name}.js`, gzip: true, ...(others.length > 0 && { ignore: others }), limit: budget }
    }),
    { path: 'dist/cli/*.js', gzip: true, disablePlugins: ['@size-limit/esbuild'], limit: '500 kB' },
  ],
}

function conditionsOf(name: string) {
  return {
    import: { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    require: { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` },
  }
}
