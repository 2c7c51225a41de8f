import { testExample, typecheck } from './example'

testExample({ name: 'elysia', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
