/** A file of node_modules under Brotli; see `compressed` in tsup.config.ts. */
declare module 'compressed:*' {
  const bytes: Uint8Array
  export default bytes
}
