import { testExample } from './example'

testExample({ name: 'koa', start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
