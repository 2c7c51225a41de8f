import type { ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type {
  ALBEvent,
  ALBResult,
  APIGatewayEventRequestContextV2,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda'
import { type Served, serve } from './serve'

/** A request as it arrived, and what all events say of it. */
interface Arrived {
  method: string
  path: string
  /** Without the question mark. */
  query: string
  headersDistinct: NodeJS.Dict<string[]>
  bytes: Buffer
}

type Result = APIGatewayProxyResult | APIGatewayProxyStructuredResultV2 | ALBResult

interface Front<Event> {
  toEvent(arrived: Arrived): Event
  /** The headers that this front takes from a result. */
  headersOf(result: Result): NodeJS.Dict<unknown>
}

const plainHeaders = ({ headers }: Result) => headers ?? {}
const severalHeaders = ({ multiValueHeaders }: APIGatewayProxyResult | ALBResult) => multiValueHeaders ?? {}

const decoded = (query: string) => (query === '' ? null : Object.fromEntries(new URLSearchParams(query)))
const encodedPairs = (query: string) =>
  Object.fromEntries(query === '' ? [] : query.split('&').map((pair) => pair.split('=')))

/** The value that stays if there is room for one only. */
const last = (headers: NodeJS.Dict<string[]>) =>
  Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.at(-1)]))
const joined = (headers: NodeJS.Dict<string[]>) =>
  Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(',')]))

/** Format 2.0 has cookies in a field of their own. */
function withoutCookies({ cookie, ...headers }: NodeJS.Dict<string[]>) {
  return { headers: joined(headers), ...(cookie && { cookies: cookie.flatMap((one) => one.split('; ')) }) }
}

/** As HTTP APIs, function URLs and load balancers decide what they hand over as text. */
function encoded({ headersDistinct, bytes }: Arrived): { body: string; isBase64Encoded: boolean } {
  const [type = ''] = headersDistinct['content-type'] ?? []
  return encodedAs(/^(?:text\/|application\/(?:json|javascript|xml))/.test(type), bytes)
}

function encodedAs(isText: boolean, bytes: Buffer): { body: string; isBase64Encoded: boolean } {
  return { body: bytes.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html, the event of payload format 1.0 */
const rest = (isBinary: boolean): Front<APIGatewayProxyEvent> => ({
  toEvent: ({ method, path, query, headersDistinct, bytes }) => ({
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: last(headersDistinct),
    multiValueHeaders: headersDistinct,
    queryStringParameters: decoded(query),
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    requestContext: restContext(method, path),
    ...(bytes.length > 0 ? encodedAs(!isBinary, bytes) : { body: null, isBase64Encoded: false }),
  }),
  headersOf: (result) => ({ ...plainHeaders(result), ...severalHeaders(result as APIGatewayProxyResult) }),
})

function restContext(method: string, path: string): APIGatewayProxyEvent['requestContext'] {
  const nobody = { accessKey: null, accountId: null, apiKey: null, apiKeyId: null, caller: null, clientCert: null }
  const noCognito = {
    cognitoAuthenticationProvider: null,
    cognitoAuthenticationType: null,
    cognitoIdentityId: null,
    cognitoIdentityPoolId: null,
  }
  return {
    accountId: '123456789012',
    apiId: 'id',
    authorizer: null,
    httpMethod: method,
    identity: {
      ...nobody,
      ...noCognito,
      principalOrgId: null,
      sourceIp: '127.0.0.1',
      user: null,
      userAgent: null,
      userArn: null,
    },
    path,
    protocol: 'HTTP/1.1',
    requestId: 'id=',
    requestTimeEpoch: 1_583_349_317_135,
    resourceId: 'resource',
    resourcePath: '/{proxy+}',
    stage: '$default',
  }
}

/** The event of payload format 2.0: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
const format2 = (domainName: string): Front<APIGatewayProxyEventV2> => ({
  toEvent: (arrived) => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: arrived.path,
    rawQueryString: arrived.query,
    ...withoutCookies(arrived.headersDistinct),
    requestContext: context2(arrived, domainName),
    ...(arrived.bytes.length > 0 ? encoded(arrived) : { isBase64Encoded: false }),
  }),
  headersOf: plainHeaders,
})

function context2({ method, path }: Arrived, domainName: string): APIGatewayEventRequestContextV2 {
  return {
    accountId: '123456789012',
    apiId: 'id',
    domainName,
    domainPrefix: 'id',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'agent' },
    requestId: 'id',
    routeKey: '$default',
    stage: '$default',
    time: '12/Mar/2020:19:03:58 +0000',
    timeEpoch: 1_583_348_638_390,
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html */
const loadBalancer = (hasSeveral: boolean): Front<ALBEvent> => ({
  toEvent: (arrived) => ({
    requestContext: {
      elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:region:123456789012:targetgroup/my-group/6d0ecf831eec9f09' },
    },
    httpMethod: arrived.method,
    path: arrived.path,
    queryStringParameters: encodedPairs(arrived.query),
    ...(hasSeveral ? { multiValueHeaders: arrived.headersDistinct } : { headers: last(arrived.headersDistinct) }),
    ...encoded(arrived),
  }),
  headersOf: hasSeveral ? (result) => severalHeaders(result as ALBResult) : plainHeaders,
})

/** Every way in which AWS calls a function over HTTP. */
export const fronts = {
  'a REST API': rest(false),
  'a REST API with binary media types': rest(true),
  'an HTTP API': format2('id.execute-api.us-east-1.amazonaws.com'),
  'a function URL': format2('id.lambda-url.us-east-1.on.aws'),
  'a load balancer': loadBalancer(false),
  'a load balancer with headers of several values': loadBalancer(true),
}

/** An HTTP server that calls functions, by path, as the platform documents it. */
export function serveFunctions<Event>(
  front: Front<Event>,
  functions: Record<string, (event: Event) => Promise<Result>>,
  port?: number,
): Promise<Served> {
  return serve(async (request, response) => {
    const { method = 'GET', url = '/', headersDistinct } = request
    const [path = '/', query = ''] = url.split('?')
    const bytes = await buffer(request).catch(() => undefined)
    if (!bytes) return
    const called = functions[path]
    if (!called) return void response.writeHead(404).end()
    const result = await called(front.toEvent({ method, path, query, headersDistinct, bytes }))
    write(response, result, front.headersOf(result))
  }, port)
}

function write(response: ServerResponse, result: Result, headers: NodeJS.Dict<unknown>): void {
  const { statusCode = 200, body, isBase64Encoded } = result
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string | string[])
  response.writeHead(statusCode).end(Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'))
}
