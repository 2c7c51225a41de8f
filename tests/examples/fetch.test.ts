import { testExample } from './example'

testExample({ name: 'fetch', start: ['--import', 'tsx', '--env-file=.env', 'serve-on-node.ts'] })
