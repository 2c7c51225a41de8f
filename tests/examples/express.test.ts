import { testExample, typecheck } from './example'

testExample({ name: 'express', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
