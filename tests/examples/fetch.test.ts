import { testExample, typecheck } from './example'

testExample({ name: 'fetch', prepare: typecheck, start: ['--import', 'tsx', '--env-file=.env', 'serve-on-node.ts'] })
