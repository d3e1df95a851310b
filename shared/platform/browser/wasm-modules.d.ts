/** What the bundler makes of an imported .wasm file. */
declare module '*.wasm' {
  const bytes: Uint8Array<ArrayBuffer>;
  // eslint-disable-next-line no-restricted-syntax -- the bundler has no other export to give
  export default bytes;
}
