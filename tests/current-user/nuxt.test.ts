import { testInstalledApp } from './installed'

testInstalledApp({
  title: 'Nuxt 4',
  source: 'tests/current-user/nuxt-app',
  dependencies: {},
  files: {},
  build: [
    ['node_modules/nuxt/bin/nuxt.mjs', 'prepare'],
    ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.nuxt/tsconfig.server.json'],
    ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
  ],
  start: ['.output/server/index.mjs'],
  prefix: 'NUXT_PUBLIC_',
  env: { HOST: '127.0.0.1' },
})
