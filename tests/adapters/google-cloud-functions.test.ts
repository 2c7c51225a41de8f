import { http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { adapterContract } from '../contracts/adapters'
import { listening } from '../support/serve'

// A function is served at every path. This one takes its parts apart by path, as one for several webhooks would.
adapterContract(
  'toNodeHandler on Google Cloud Functions',
  (subjects) => {
    const handlers = new Map(Object.entries(subjects).map(([path, subject]) => [path, toNodeHandler(subject)]))
    http('clerk', (request, response) => handlers.get(request.path.replace(/\/$/, ''))?.(request, response))
    return listening(getTestServer('clerk'))
  },
  { isBare: true },
)
