import { testExample, typecheck } from './example'

testExample({ name: 'koa', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
