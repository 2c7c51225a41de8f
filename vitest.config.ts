import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^clerk-mongo-sync$/, replacement: src('index.ts') },
      { find: /^clerk-mongo-sync\/(mongoose|testing)$/, replacement: src('$1/index.ts') },
      { find: /^clerk-mongo-sync\/(.+)$/, replacement: src('adapters/$1.ts') },
      // The same tests on the older mongoose: MONGOOSE=8 npm test
      ...(process.env.MONGOOSE === '8' ? [{ find: /^mongoose$/, replacement: 'mongoose8' }] : []),
    ],
  },
  test: {
    globalSetup: './tests/support/global-setup.ts',
    include: ['tests/**/*.test.ts'],
    // What the library's default logger prints, where a test provokes it.
    onConsoleLog: (log) => !log.startsWith('clerk-mongo-sync: '),
    // An ES module that imports mongoose itself: it gets that of the run.
    server: { deps: { inline: [/@nestjs\/mongoose/] } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: { CLERK_SECRET_KEY: '', CLERK_API_URL: '', CLERK_WEBHOOK_SIGNING_SECRET: '', CLERK_WEBHOOK_SECRET: '' },
  },
})
