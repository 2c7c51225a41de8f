import { testExample, typecheck } from './example'

testExample({ name: 'h3', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
