import { testExample } from './example'

testExample({ name: 'h3', start: ['--import', 'tsx', '--env-file=.env', 'server.ts'] })
