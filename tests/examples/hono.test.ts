import { testExample, typecheck } from './example'

testExample({ name: 'hono', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
