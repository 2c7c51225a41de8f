/** Bodies of valid events that another JSON serialiser may send, and that `JSON.stringify` writes in another way. */
export const reserialised: Record<string, string> = {
  'escapes, as of Go': '{"type":"user.created","data":{"id":"user_1","first_name":"\\u003cAda\\u003e"}}',
  'escaped slashes': '{"type":"user.created","data":{"id":"user_1","image_url":"https:\\/\\/img.clerk.com\\/x"}}',
  'white space': '{"type": "user.created", "data": {"id": "user_1"}}',
  'a number with a point': '{"type":"user.created","data":{"id":"user_1","public_metadata":{"rate":1.0}}}',
  'keys that are integers': '{"type":"user.created","data":{"id":"user_1","public_metadata":{"b":1,"10":2,"9":3}}}',
}

/** The same user as `JSON.stringify` writes it. */
export const plain = '{"type":"user.created","data":{"id":"user_1"}}'
